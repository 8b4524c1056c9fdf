import { setImmediate as letOthersRun } from "node:timers/promises";
import type { ItemSource, LiveSource, Taken } from "../changes/item-source.ts";

/** A source that can be followed together with others. */
export type SharedSource = ItemSource<object> & { readonly live: LiveSource<object> };

/** One of many who are told the same. */
export interface LiveMember<Answer> {
  readonly tell: (answer: Answer) => void;
  /** Whether it has yet to take much of what it was told. */
  readonly isSlow: () => boolean;
}

export interface Joining<Answer> {
  /** Is like others. The group takes it over. */
  readonly source: SharedSource;
  readonly member: LiveMember<Answer>;
  readonly answers: (taken: Taken<object>) => Promise<readonly Answer[]>;
}

export interface Membership {
  /**
   * Resolves with a source from which the member goes on by itself, behind what it was told, when it is too slow for the group; with
   * null when it left. Rejects when the source failed.
   */
  readonly left: Promise<ItemSource<object> | null>;
  readonly leave: () => void;
}

export interface LiveGroups<Answer> {
  /** Null while the group of the key is about to tell something: then `told` says when that is over. */
  readonly join: (key: string, joining: Joining<Answer>) => Membership | null;
  /** Resolves once a group has told what it was about to; null: nothing is. */
  readonly told: (key: string) => Promise<void> | null;
}

/**
 * Whoever is live is owed what every other live subscriber of the same key is: one source is enough for all of them, and one call for
 * each when something comes. Nobody misses or doubles anything on the way in: a group that waits has told everything up to now, and
 * so has a source that is live.
 */
export function createLiveGroups<Answer>(): LiveGroups<Answer> {
  const groups = new Map<string, LiveGroup<Answer>>();
  return {
    join(key, joining) {
      const known = groups.get(key);
      if (known) return known.join(joining);
      const group = createLiveGroup(joining, () => groups.delete(key));
      groups.set(key, group);
      return group.found(joining.member);
    },
    told: (key) => groups.get(key)?.told() ?? null,
  };
}

interface LiveGroup<Answer> {
  readonly found: (member: LiveMember<Answer>) => Membership;
  readonly join: (joining: Joining<Answer>) => Membership | null;
  readonly told: () => Promise<void> | null;
}

interface Leaving {
  readonly goOn: (source: ItemSource<object> | null) => void;
  readonly fail: (error: unknown) => void;
}

/** Longest time that one batch holds up everything else. */
const HOLD_MILLISECONDS = 25;

/** `onEnd` is called as soon as nobody can join any more. */
function createLiveGroup<Answer>({ source, answers }: Pick<Joining<Answer>, "source" | "answers">, onEnd: () => void): LiveGroup<Answer> {
  const members = new Map<LiveMember<Answer>, Leaving>();
  /** Everything up to now was told, and nothing else has come. */
  let isWaiting = false;
  let isOver = false;
  let whenTold: (() => void)[] = [];

  function add(member: LiveMember<Answer>): Membership {
    const left = new Promise<ItemSource<object> | null>((goOn, fail) => members.set(member, { goOn, fail }));
    return { left, leave: () => release(member, null) };
  }

  function release(member: LiveMember<Answer>, goesOnFrom: ItemSource<object> | null): void {
    members.get(member)?.goOn(goesOnFrom);
    members.delete(member);
    if (members.size === 0) end();
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    onEnd();
    source.close();
    noteWaiting();
  }

  function noteWaiting(): void {
    for (const each of whenTold) each();
    whenTold = [];
  }

  async function run(): Promise<void> {
    for (;;) {
      await news();
      const taken = source.take();
      if (!taken) return;
      await tell(await answers(taken));
      // Much has come at once: who does not take it in time is not held to the pace of those who do.
      if (!source.live.isNow()) for (const member of members.keys()) if (member.isSlow()) release(member, source.live.fork());
    }
  }

  async function news(): Promise<void> {
    const ready = source.ready();
    if (!ready) return;
    isWaiting = true;
    noteWaiting();
    await ready;
    isWaiting = false;
  }

  async function tell(told: readonly Answer[]): Promise<void> {
    let since = performance.now();
    for (const answer of told) {
      for (const member of members.keys()) member.tell(answer);
      if (performance.now() - since < HOLD_MILLISECONDS) continue;
      await letOthersRun();
      since = performance.now();
    }
    if (told.length > 0) source.noteTold();
  }

  return {
    found(member) {
      const membership = add(member);
      run().catch((error: unknown) => {
        for (const { fail } of members.values()) fail(error);
        members.clear();
        end();
      });
      return membership;
    },
    join(joining) {
      if (!isWaiting || !source.live.isLikeOthers()) return null;
      joining.source.close();
      return add(joining.member);
    },
    told: () => (isWaiting ? null : new Promise((resolve) => whenTold.push(resolve))),
  };
}
