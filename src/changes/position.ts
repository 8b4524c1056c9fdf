import { z } from "zod";
import { identifierKind, type IdentifierKind } from "../shared/identifier.ts";
import { parseJson } from "../shared/parse-json.ts";

/**
 * A PostgreSQL snapshot: which transactions had ended when a statement looked. All below `xmax` had, but for those running.
 *
 * The log is read in steps from one snapshot to a later one: the rows that the later one sees and the earlier one does not, in the
 * order of their ids. Ids are taken while the object's row lock is held, and who sees a transaction sees every one that it waited
 * for: so each object's changes come in their order, and none is passed over, whatever order transactions began or ended in.
 * Steps from one oldest running transaction to the next, ordered alike, do not hold this: with 99 and 101 ended and 100 running, such
 * a step tells 99 before 101, though 99 may have waited for 101. They also stand still while any transaction of the cluster is long.
 */
export interface Snapshot {
  readonly xmax: bigint;
  /** Ascending. */
  readonly running: readonly bigint[];
}

/** Reads the text of a `pg_snapshot`, such as `10:20:10,14`. */
export function parseSnapshot(text: string): Snapshot {
  const [, xmax = "", running = ""] = text.split(":");
  return { xmax: BigInt(xmax), running: running === "" ? [] : running.split(",").map(BigInt) };
}

export function snapshotText(snapshot: Snapshot): string {
  return `${oldestUnseen(snapshot)}:${snapshot.xmax}:${snapshot.running.join(",")}`;
}

/** No transaction before this one is unseen. */
export function oldestUnseen({ xmax, running }: Snapshot): bigint {
  return running[0] ?? xmax;
}

/** The snapshot that has seen every transaction before one, and no other. */
export function snapshotBefore(transaction: bigint): Snapshot {
  return { xmax: transaction, running: [] };
}

export function isVisible(transaction: bigint, { xmax, running }: Snapshot): boolean {
  return transaction < xmax && !running.includes(transaction);
}

/**
 * Whether one snapshot of a database sees more than another. Transactions only ever end, so that each of two snapshots sees all that the
 * earlier one does, and their counts tell. `xmax` alone does not: a crash takes numbers back that were running.
 */
export function isLater(one: Snapshot, other: Snapshot): boolean {
  return seenCount(one) > seenCount(other);
}

function seenCount({ xmax, running }: Snapshot): bigint {
  return xmax - BigInt(running.length);
}

/** How much of the log a reader has been told. */
export interface Position {
  /** Everything that this sees has been told. */
  readonly snapshot: Snapshot;
  /** In a step to `to`: its rows up to `id` have been told as well; null between two steps. */
  readonly step: { readonly to: Snapshot; readonly id: number } | null;
  /** A transaction that is known though the snapshot does not see it: the reader's own write; null once it is seen. */
  readonly own: bigint | null;
  /** What was seen by other means than the log, later than `snapshot`; empty once the log has caught up. */
  readonly views: readonly View[];
  /** In the middle of a snapshot of the objects: who resumes here has not seen all of them. */
  readonly isPartial: boolean;
}

/**
 * As of when objects up to an id were seen. An object belongs to the first view that reaches as far as its id. All of them are of one
 * kind of object, which the first view's id tells: who saw the sessions as they are has seen no template.
 */
export interface View {
  /** Null: all objects. */
  readonly throughId: string | null;
  readonly snapshot: Snapshot;
}

/** The position of who has seen what a snapshot sees, and its own transaction if there is one. */
export function positionAt(snapshot: Snapshot, own: bigint | null = null): Position {
  return { snapshot, step: null, own, views: [], isPartial: false };
}

/** Whether a reader has been told what its snapshot sees, and that alone: two such readers with equal snapshots are owed the same. */
export function isPlain({ step, own, views, isPartial }: Position): boolean {
  return step === null && own === null && views.length === 0 && !isPartial;
}

const NO_VIEWS: readonly View[] = [];

/** The same reader, told everything up to a later snapshot; what that one sees need not be kept apart any more. */
export function advanceTo(position: Position, snapshot: Snapshot): Position {
  const { own, views, isPartial } = position;
  const reached = isLater(snapshot, position.snapshot) ? snapshot : position.snapshot;
  return {
    snapshot: reached,
    step: null,
    own: own !== null && isVisible(own, reached) ? null : own,
    views: views.some((view) => isLater(view.snapshot, reached)) ? views : NO_VIEWS,
    isPartial,
  };
}

/** Whether the reader knows a row from elsewhere than the log. */
export function wasSeen({ own, views }: Position, row: { readonly objectId: string; readonly transaction: bigint }): boolean {
  if (row.transaction === own) return true;
  const kind = viewedKind(views);
  if (kind !== null && identifierKind(row.objectId) !== kind) return false;
  const view = views.find(({ throughId }) => throughId === null || row.objectId <= throughId);
  return view !== undefined && isVisible(row.transaction, view.snapshot);
}

/** The kind of object that views are of; null where that is not known. */
export function viewedKind(views: readonly View[]): IdentifierKind | null {
  const throughId = views[0]?.throughId ?? null;
  return throughId === null ? null : identifierKind(throughId);
}

/** Longest cursor that is given out and taken back, in characters. */
export const CURSOR_LENGTH_LIMIT = 16_384;
const CURSOR_VERSION = 1;
const TRANSACTION_LIMIT = 2n ** 63n;

const transactionSchema = z
  .string()
  .regex(/^[0-9a-z]{1,13}$/)
  .transform(fromBase36)
  .refine((transaction) => transaction > 0n && transaction < TRANSACTION_LIMIT);
const snapshotSchema = z
  .tuple([transactionSchema, z.array(transactionSchema).max(5_000)])
  .transform(([xmax, running]) => ({ xmax, running }))
  .refine(({ xmax, running }) => running.every((transaction, index) => transaction < (running[index + 1] ?? xmax)));
const cursorSchema = z.tuple([
  z.literal(CURSOR_VERSION),
  z.string().max(32),
  snapshotSchema,
  z.tuple([snapshotSchema, z.int().nonnegative()]).nullable(),
  transactionSchema.nullable(),
  z.array(z.tuple([z.string().max(64).nullable(), snapshotSchema])).max(1_000),
  z.union([z.literal(0), z.literal(1)]),
  z.int().nonnegative().nullish(),
]);

/** A position in a log, and when that was. */
export interface Mark {
  /** The database whose transaction numbers these are. */
  readonly log: string;
  readonly position: Position;
  /** As of when: of a change, when it was made. Null where that is not known. */
  readonly at: Date | null;
}

/** A position as the opaque text that clients keep. */
export function encodeCursor({ log, position, at }: Mark): string {
  const { snapshot, step, own, views, isPartial } = position;
  const parts: z.input<typeof cursorSchema> = [
    CURSOR_VERSION,
    log,
    encodeSnapshot(snapshot),
    step && [encodeSnapshot(step.to), step.id],
    own === null ? null : own.toString(36),
    views.map((view) => [view.throughId, encodeSnapshot(view.snapshot)]),
    isPartial ? 1 : 0,
    at?.getTime() ?? null,
  ];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** What a cursor says, or null for a text that never was one. */
export function decodeCursor(text: string): Mark | null {
  const result = cursorSchema.safeParse(parseJson(Buffer.from(text, "base64url").toString()));
  if (!result.success) return null;
  const [, log, snapshot, step, own, views, isPartial, at] = result.data;
  return {
    log,
    at: typeof at === "number" ? new Date(at) : null,
    position: {
      snapshot,
      step: step && { to: step[0], id: step[1] },
      own,
      views: views.map(([throughId, seen]) => ({ throughId, snapshot: seen })),
      isPartial: isPartial === 1,
    },
  };
}

function encodeSnapshot({ xmax, running }: Snapshot): [string, string[]] {
  return [xmax.toString(36), running.map((transaction) => transaction.toString(36))];
}

function fromBase36(text: string): bigint {
  return [...text].reduce((value, digit) => value * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
}
