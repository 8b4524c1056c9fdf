import { execute, type ExecutionResult } from "graphql";
import type { ItemSource, Taken } from "../changes/item-source.ts";
import { isInterruption, neverOver, withPatience } from "../changes/patience.ts";
import type { ShareWork } from "../shared/share-work.ts";
import type { LiveGroups, LiveMember, Membership, SharedSource } from "./live-groups.ts";
import { createLoaders, type Loaders } from "./loaders.ts";
import { presentErrors } from "./present-errors.ts";
import type { RequestContext } from "./request.ts";
import { actorOfMany } from "./share-key.ts";
import type { PreparedSubscription } from "./subscribe.ts";

/** A subscription that runs. */
export interface RunningSubscription {
  /**
   * Sends its answers until it is over. What is live is sent as it comes; a snapshot, and what the reader missed, as it takes them.
   * Rejects when the source failed.
   */
  readonly run: (reader: SubscriptionReader) => Promise<void>;
  /** Calls `end` when it is over. */
  readonly onClose: (end: () => void) => void;
  /** Ends it; whoever opened it calls this when it is over, however it came to that. */
  readonly close: () => void;
}

/** Whom a subscription sends to. */
export interface SubscriptionReader {
  /** Sends an answer, as JSON in UTF-8. Many readers may be given the same bytes. */
  readonly send: (answer: Buffer, isLive: boolean) => void;
  /** Whether the reader has taken nearly everything. */
  readonly isDrained: () => boolean;
  /** Resolves once it has; null: it has already. */
  readonly drained: () => Promise<void> | null;
}

/** One item's answer, for all who share it: JSON in UTF-8, or with errors, of which each subscriber is told by its own request's id. */
export type Answer = Buffer | ExecutionResult;

/** Items of one subscriber that are answered at a time. */
const SLICE_SIZE = 100;

export interface SharedRun {
  readonly prepared: PreparedSubscription;
  readonly share: ShareWork;
  readonly groups: LiveGroups<Answer>;
}

export function runSubscription(opened: ItemSource<object>, { prepared, share, groups }: SharedRun): RunningSubscription {
  const { contextValue: context, shareKey } = prepared;
  /** Null while it is followed with others, by the source of their group. */
  let source: ItemSource<object> | null = opened;
  let membership: Membership | null = null;
  /** Read, and not answered yet. */
  let waiting: readonly object[] = [];
  /** Whether what comes next is sent as it comes; else as the reader takes what came before. */
  let isLive = false;
  let isOver = false;
  const ends: (() => void)[] = [];

  async function run(reader: SubscriptionReader): Promise<void> {
    while (!isOver) {
      if (membership) await leaveOthers(membership);
      else if (!(await step(reader))) return;
    }
  }

  /** What waits for this holds no source: that is most of the memory that a subscriber takes. */
  async function leaveOthers({ left }: Membership): Promise<void> {
    source = await left;
    membership = null;
    if (isOver) source?.close();
  }

  /** False: it is over. */
  async function step(reader: SubscriptionReader): Promise<boolean> {
    const own = source;
    if (!own) return false;
    isLive &&= isNow(own);
    if (!isLive) {
      await reader.drained();
      isLive = isNow(own);
    }
    if (isLive && shareKey !== null && isShared(own) && own.live.isLikeOthers()) {
      if (join(own, reader, shareKey)) return true;
      const told = groups.told(shareKey);
      await told;
      if (told) return true;
    }
    if (waiting.length === 0) await own.ready();
    const answers = await take(own);
    if (answers === null || isOver) return false;
    for (const answer of answers) reader.send(bytesOf(answer), isLive);
    if (answers.length > 0) own.noteTold();
    return true;
  }

  /** False: there is nobody to be followed with at the moment. */
  function join(own: SharedSource, { send, isDrained }: SubscriptionReader, key: string): boolean {
    const member: LiveMember<Answer> = { tell: (answer) => send(bytesOf(answer), true), isSlow: () => !isDrained() };
    membership = groups.join(key, { source: own, member, answers: (taken) => answersTo(taken, key) });
    if (membership) source = null;
    return membership !== null;
  }

  const isNow = (own: ItemSource<object>): boolean => waiting.length === 0 && own.live?.isNow() === true;

  function take(from: ItemSource<object>): Promise<readonly Answer[]> | null {
    if (waiting.length > 0) return answerSlice();
    const taken = from.take();
    if (!taken) return null;
    if (taken.of !== null && shareKey !== null) return answersTo(taken, shareKey);
    return taken.items().then((items) => {
      waiting = items;
      return answerSlice();
    });
  }

  function answerSlice(): Promise<readonly Answer[]> {
    const slice = waiting.slice(0, SLICE_SIZE);
    waiting = waiting.slice(SLICE_SIZE);
    return answerAll(slice, prepared);
  }

  async function answersTo(taken: Taken<object>, key: string): Promise<readonly Answer[]> {
    const answer = async () => answerAll(await taken.items(), prepared);
    return taken.of === null ? answer() : share(taken.of, key, answer);
  }

  function bytesOf(answer: Answer): Buffer {
    if (Buffer.isBuffer(answer)) return answer;
    const { data, errors = [] } = answer;
    return Buffer.from(JSON.stringify({ data, errors: presentErrors(context, errors) }));
  }

  return {
    run,
    onClose: (end) => void ends.push(end),
    close() {
      if (isOver) return;
      isOver = true;
      source?.close();
      membership?.leave();
      for (const end of ends) end();
    },
  };
}

function isShared(source: ItemSource<object>): source is SharedSource {
  return source.live !== null;
}

/** Answers with loaders of their own, since a value that was read before may have changed by now. */
async function answerAll(items: readonly object[], prepared: PreparedSubscription): Promise<readonly Answer[]> {
  const { contextValue } = prepared;
  const context = prepared.shareKey === null ? contextValue : { ...contextValue, actor: actorOfMany(contextValue.actor) };
  const loaders = createLoaders(context);
  return Promise.all(items.map((item) => answerTo(item, { prepared, context, loaders })));
}

interface Answering {
  readonly prepared: PreparedSubscription;
  /** Of many subscribers, where answers are shared. */
  readonly context: RequestContext;
  /** Of all items that are answered together. */
  readonly loaders: Loaders;
}

async function answerTo(item: object, { prepared, context, loaders: first }: Answering): Promise<Answer> {
  let loaders = first;
  let result: ExecutionResult = {};

  async function attempt(): Promise<void> {
    result = await execute({ ...prepared, rootValue: item, contextValue: { ...context, loaders } });
    // What failed once is kept by its loader.
    loaders = createLoaders(context);
    const interruption = result.errors?.find(({ originalError }) => isInterruption(originalError));
    if (interruption) throw interruption.originalError ?? interruption;
  }

  // What no patience helps is told as it is.
  await withPatience(context.log, neverOver, attempt).catch((error: unknown) => {
    if (!isInterruption(error)) throw error;
  });
  return result.errors ? result : Buffer.from(JSON.stringify(result));
}
