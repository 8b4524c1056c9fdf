import { z } from "zod";

/**
 * Places in the change log. A reader goes in steps from one horizon to the next: a horizon is the oldest transaction still running,
 * and every row of a transaction before it is there for good. Within a step rows come in the order of their ids.
 */
export interface Position {
  /** Every row of a transaction before this one has been told. */
  readonly from: bigint;
  /** Within a step that ends at `to`, rows up to `id` have been told; null between two steps. */
  readonly step: { readonly to: bigint; readonly id: number } | null;
  /** What was seen by other means than the log: rows visible in it are not told again. Empty once the log is past it. */
  readonly views: readonly View[];
  /** In the middle of a snapshot: who resumes here has not seen all of it. */
  readonly isPartial: boolean;
}

/** What objects up to an id were seen as. Objects belong to the first view that reaches as far as their id. */
export interface View {
  /** Null: all objects. */
  readonly throughId: string | null;
  readonly snapshot: Snapshot;
  /** A transaction that was seen though it was still running: the writer's own. */
  readonly own: bigint | null;
}

/** A PostgreSQL snapshot: which transactions had ended when a statement looked. */
export interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly running: readonly bigint[];
}

/** Reads the text of a `pg_snapshot`, such as `10:20:10,14`. */
export function parseSnapshot(text: string): Snapshot {
  const [xmin = "", xmax = "", running = ""] = text.split(":");
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), running: running === "" ? [] : running.split(",").map(BigInt) };
}

export function isVisible(transaction: bigint, { snapshot, own }: View): boolean {
  if (transaction === own || transaction < snapshot.xmin) return true;
  return transaction < snapshot.xmax && !snapshot.running.includes(transaction);
}

/** Whether a row was already seen in what its object was presented from. */
export function wasSeen(views: readonly View[], row: { readonly objectId: string; readonly transaction: bigint }): boolean {
  const view = views.find(({ throughId }) => throughId === null || row.objectId <= throughId);
  return view !== undefined && isVisible(row.transaction, view);
}

/** Views matter until the log is past every transaction that they could not see. */
export function remainingViews(views: readonly View[], from: bigint): readonly View[] {
  return views.some(({ snapshot, own }) => snapshot.xmax > from || (own !== null && own >= from)) ? views : [];
}

/** The position at which nothing but the log itself was seen. */
export function positionAt(from: bigint): Position {
  return { from, step: null, views: [], isPartial: false };
}

/** The position of a view of everything: later changes are told, earlier ones are not. */
export function positionOfView(snapshot: Snapshot, own: bigint | null): Position {
  return { from: snapshot.xmin, step: null, views: [{ throughId: null, snapshot, own }], isPartial: false };
}

const CURSOR_VERSION = 1;

const number36 = z.string().regex(/^[0-9a-z]{1,13}$/);
const viewSchema = z.tuple([z.string().max(64).nullable(), number36, number36, z.array(number36).max(5_000), number36.nullable()]);
const cursorSchema = z.tuple([
  z.literal(CURSOR_VERSION),
  z.string().max(32),
  number36,
  z.tuple([number36, z.int().nonnegative()]).nullable(),
  z.array(viewSchema).max(1_000),
  z.union([z.literal(0), z.literal(1)]),
]);

/** A position as the opaque text that clients keep. `log` names the database whose transaction numbers these are. */
export function encodeCursor(log: string, position: Position): string {
  const { from, step, views, isPartial } = position;
  const parts: z.input<typeof cursorSchema> = [
    CURSOR_VERSION,
    log,
    from.toString(36),
    step && [step.to.toString(36), step.id],
    remainingViews(views, from).map(({ throughId, snapshot, own }) => [
      throughId,
      snapshot.xmin.toString(36),
      snapshot.xmax.toString(36),
      snapshot.running.map((transaction) => transaction.toString(36)),
      own === null ? null : own.toString(36),
    ]),
    isPartial ? 1 : 0,
  ];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** What a cursor says, or null for a text that never was one. */
export function decodeCursor(text: string): { readonly log: string; readonly position: Position } | null {
  const result = cursorSchema.safeParse(parseJson(Buffer.from(text, "base64url").toString()));
  if (!result.success) return null;
  const [, log, from, step, views, isPartial] = result.data;
  return {
    log,
    position: {
      from: fromBase36(from),
      step: step && { to: fromBase36(step[0]), id: step[1] },
      views: views.map(([throughId, xmin, xmax, running, own]) => ({
        throughId,
        snapshot: { xmin: fromBase36(xmin), xmax: fromBase36(xmax), running: running.map(fromBase36) },
        own: own === null ? null : fromBase36(own),
      })),
      isPartial: isPartial === 1,
    },
  };
}

function fromBase36(text: string): bigint {
  return [...text].reduce((value, digit) => value * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
