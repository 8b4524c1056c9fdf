import type { Executor } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import type { ChangeLog } from "./change-log.ts";
import { createChangeStream, positionBehind, type ChangeStream, type StreamEvent, type TakenRows } from "./change-stream.ts";
import type { ChangedObject, LoggedChangeKind } from "./change.rules.ts";
import type { LoggedChange } from "./change.store.ts";
import { cursorOf, partial, resumeAfter } from "./cursor.ts";
import { itemSource, type ItemSource, type Taken } from "./item-source.ts";
import { neverOver, withPatience } from "./patience.ts";
import { advanceTo, isLater, isPlain, positionAt, wasSeen, type Position, type View } from "./position.ts";
import type { StatePage, StatePageQuery } from "./state-page.store.ts";

/** Kinds of item that are about the stream rather than about a change. */
export type StreamKind = "SNAPSHOT" | "SNAPSHOT_END" | "HEARTBEAT" | "LAGGED";

/** One thing that a subscriber is told of objects whose filterable fields are a `State` and whose changes are of these kinds. */
export interface ObjectChange<State, Kind extends LoggedChangeKind = LoggedChangeKind> {
  readonly cursor: string;
  readonly kind: StreamKind | Kind;
  readonly at: Date;
  /** False when this change made the object leave the filter. */
  readonly matches: boolean;
  /** Null for items about the stream itself. */
  readonly objectId: string | null;
  /** As of this change; null once deleted. */
  readonly state: State | null;
  readonly actor: string | null;
}

/** What makes the changes of one kind of object different from those of another. */
export interface ObjectSource<State, Kind extends LoggedChangeKind = LoggedChangeKind> {
  /** The kinds of object whose changes are told, those of a snapshot first. */
  readonly objects: readonly ChangedObject[];
  /** The kinds of change that these objects have; one that a newer gateway has written is not told. */
  readonly kinds: readonly Kind[];
  readonly matches: (id: string, state: State) => boolean;
  /** Whether a change that matches is worth telling; left out: each is. */
  readonly isTold?: (change: {
    readonly kind: Kind;
    readonly at: Date;
    readonly before: State | null;
    readonly after: State | null;
  }) => boolean;
  /** In the order of ids. */
  readonly readStates: (executor: Executor, page: StatePageQuery) => Promise<StatePage<State>>;
}

export interface ObjectChangesOptions<State, Kind extends LoggedChangeKind = LoggedChangeKind> {
  readonly changeLog: ChangeLog;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly log: Logger;
  readonly organizationId: string;
  readonly source: ObjectSource<State, Kind>;
  readonly after: string | null;
  readonly snapshot: boolean;
  readonly heartbeatSeconds: number | null;
  /** Objects of one page of a snapshot. */
  readonly snapshotPageSize?: number;
}

/** What a subscriber is told; nothing is read before it is asked for. */
export type ObjectChanges<State, Kind extends LoggedChangeKind = LoggedChangeKind> = ItemSource<ObjectChange<State, Kind>>;

const SNAPSHOT_PAGE_SIZE = 500;

/** What the stream does next. */
type Phase =
  | { readonly kind: "snapshot"; readonly afterId: string; readonly position: Position | null }
  | { readonly kind: "live"; readonly stream: ChangeStream };

const SNAPSHOT_FROM_THE_START: Phase = { kind: "snapshot", afterId: "", position: null };

/**
 * Snapshot, resumption and live changes of one kind of object, by the rule of the contract: with `after`, everything since; with
 * `snapshot`, first every matching object as it is; with both, a snapshot only when the cursor is too old. Its position is taken
 * before it resolves. Throws BAD_USER_INPUT for a text that is no cursor.
 */
export async function openObjectChanges<State, Kind extends LoggedChangeKind>(
  options: ObjectChangesOptions<State, Kind>,
): Promise<ObjectChanges<State, Kind>> {
  const { changeLog, log, clock, after } = options;
  const extent = await withPatience(log, neverOver, changeLog.extent);
  if (!extent) throw new Error("The end of the log was not waited for");
  const resumption = after === null ? null : resumeAfter(after, extent);
  const common = { logName: extent.log, toldAt: clock.now() };
  if (options.snapshot && (!resumption || resumption.hasGap)) return tellObjects(options, { ...common, phase: SNAPSHOT_FROM_THE_START });
  const position = resumption?.position ?? positionAt(extent.snapshot);
  const gapAt = resumption?.hasGap ? position : null;
  return tellObjects(options, { ...common, phase: { kind: "live", stream: follow(options, position) }, gapAt });
}

function follow<State, Kind extends LoggedChangeKind>(
  { changeLog, log, organizationId, source }: ObjectChangesOptions<State, Kind>,
  position: Position,
): ChangeStream {
  return createChangeStream({ changeLog, log, organizationId, objects: source.objects, position });
}

/** Where a subscriber is. */
interface Standing {
  /** What cursors say of which database they are. */
  readonly logName: string;
  readonly phase: Phase;
  /** Behind changes that are missing, which is to be told first; null or left out: none are. */
  readonly gapAt?: Position | null;
  readonly toldAt: Date;
}

function tellObjects<State, Kind extends LoggedChangeKind>(
  options: ObjectChangesOptions<State, Kind>,
  { logName, ...standing }: Standing,
): ObjectChanges<State, Kind> {
  const { clock, source, organizationId, snapshotPageSize = SNAPSHOT_PAGE_SIZE } = options;
  let { phase, gapAt = null, toldAt } = standing;
  let isClosed = false;

  async function snapshotPage(afterId: string, before: Position | null): Promise<readonly ObjectChange<State, Kind>[]> {
    const { snapshot, rows } = await source.readStates(options.executor, { organizationId, afterId, limit: snapshotPageSize });
    const lastId = rows.length === snapshotPageSize ? (rows.at(-1)?.id ?? null) : null;
    const views = withView(before?.views ?? [], { throughId: lastId, snapshot });
    const position: Position = { ...(before ?? positionAt(snapshot)), views, isPartial: lastId !== null };
    const item = aboutStream("SNAPSHOT", partial(position));
    const items = rows.filter(({ id, state }) => source.matches(id, state)).map(({ id, state }) => ({ ...item, objectId: id, state }));
    if (lastId !== null) {
      phase = { kind: "snapshot", afterId: lastId, position };
      return items;
    }
    const whole = advanceTo(position, position.snapshot);
    phase = { kind: "live", stream: follow(options, whole) };
    return [...items, aboutStream("SNAPSHOT_END", whole)];
  }

  function takeLive(stream: ChangeStream): Taken<ObjectChange<State, Kind>> {
    // Before what the filter may leave out: in a busy organization there is always something of that.
    if (untilHeartbeat() === 0) return own(async () => [aboutStream("HEARTBEAT", stream.position())]);
    const event = stream.take();
    if (event === null) return own(async () => []);
    if (event instanceof Promise) return own(async () => tellEvent(await event));
    // Readers of one step at the same position are owed the same.
    if (event.kind === "rows" && isPlain(event.taken.before)) return { of: event.taken.rows, items: async () => tell(event.taken) };
    return own(async () => tellEvent(event));
  }

  function tellEvent(event: StreamEvent): readonly ObjectChange<State, Kind>[] {
    if (event.kind === "rows") return tell(event.taken);
    if (options.snapshot) phase = SNAPSHOT_FROM_THE_START;
    return [aboutStream("LAGGED", event.position)];
  }

  /** In milliseconds; null when none is wanted. */
  function untilHeartbeat(): number | null {
    if (options.heartbeatSeconds === null) return null;
    return Math.max(0, toldAt.getTime() + options.heartbeatSeconds * 1_000 - clock.now().getTime());
  }

  function tell(taken: TakenRows): readonly ObjectChange<State, Kind>[] {
    const isMeant = (row: LoggedChange) => source.objects.includes(row.object) && !wasSeen(taken.before, row);
    return taken.rows.filter(isMeant).flatMap((row) => tellOne(row, taken));
  }

  function tellOne(row: LoggedChange, taken: TakenRows): readonly ObjectChange<State, Kind>[] {
    const { id, at, objectId, actor } = row;
    const before = row.before as State | null;
    const after = row.after as State | null;
    const matches = after !== null && source.matches(objectId, after);
    if (!matches && !(before !== null && source.matches(objectId, before))) return [];
    const kind = source.kinds.find((each) => each === row.kind);
    if (kind === undefined || source.isTold?.({ kind, at, before, after }) === false) return [];
    const cursor = cursorOf({ log: logName, position: positionBehind(taken, id), at });
    return [{ cursor, kind, at, matches, objectId, state: after, actor }];
  }

  function aboutStream(kind: StreamKind, position: Position): ObjectChange<State, Kind> {
    const at = clock.now();
    return { cursor: cursorOf({ log: logName, position, at }), kind, at, matches: true, objectId: null, state: null, actor: null };
  }

  function take(): Taken<ObjectChange<State, Kind>> | null {
    if (isClosed) return null;
    if (gapAt) {
      const lagged = aboutStream("LAGGED", gapAt);
      gapAt = null;
      return own(async () => [lagged]);
    }
    if (phase.kind === "live") return takeLive(phase.stream);
    const { afterId, position } = phase;
    return own(async () => (await withPatience(options.log, isOver, () => snapshotPage(afterId, position))) ?? []);
  }

  const isOver = (): boolean => isClosed;
  const isNow = (): boolean => !gapAt && phase.kind === "live" && phase.stream.isLive();

  return itemSource({
    ready: () => (isClosed || gapAt || phase.kind === "snapshot" ? null : phase.stream.ready(untilHeartbeat())),
    take,
    noteTold() {
      toldAt = clock.now();
    },
    live: {
      isNow,
      isLikeOthers: () => isNow() && phase.kind === "live" && isPlain(phase.stream.position()),
      fork: () => tellObjects(options, { logName, toldAt, gapAt, phase: forkOf(phase) }),
    },
    close() {
      isClosed = true;
      if (phase.kind === "live") phase.stream.close();
    },
  });
}

function forkOf(phase: Phase): Phase {
  return phase.kind === "live" ? { kind: "live", stream: phase.stream.fork() } : phase;
}

function own<Item extends object>(items: () => Promise<readonly Item[]>): Taken<Item> {
  return { of: null, items };
}

/** Pages that saw the same are one view: in a quiet database a snapshot's cursor stays short. */
function withView(views: readonly View[], view: View): readonly View[] {
  const last = views.at(-1);
  return last && !isLater(view.snapshot, last.snapshot) ? [...views.slice(0, -1), view] : [...views, view];
}
