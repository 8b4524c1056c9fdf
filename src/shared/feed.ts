/** What is read again and again for everybody who follows it, and by nobody while nobody does. */
export interface Feed<Wish, Value> {
  /**
   * Calls `onValue` with what was last read, if anything was, and from then on with whatever is read; gives the function that ends
   * it. All who follow one key share its reads.
   */
  readonly follow: (key: string, wish: Wish, onValue: (value: Value) => void) => () => void;
  /** How many keys are being read. */
  readonly size: () => number;
}

export interface FeedOptions<Wish, Value> {
  /** One read for all that follow the key, each with its wish; null: nothing new to tell. */
  readonly read: (key: string, wishes: readonly Wish[]) => Promise<Value | null>;
  /** From the beginning of one read of a key to that of the next. */
  readonly everyMilliseconds: number;
  readonly onError: (error: unknown) => void;
}

interface Follower<Wish, Value> {
  readonly wish: Wish;
  readonly onValue: (value: Value) => void;
}

interface Topic<Wish, Value> {
  readonly followers: Set<Follower<Wish, Value>>;
  last: Value | null;
  endPause: () => void;
}

/** Reads once per key and interval. What cannot be read is not told, and tried again at the next turn. */
export function createFeed<Wish, Value>({ read, everyMilliseconds, onError }: FeedOptions<Wish, Value>): Feed<Wish, Value> {
  const topics = new Map<string, Topic<Wish, Value>>();

  async function run(key: string, topic: Topic<Wish, Value>): Promise<void> {
    while (topic.followers.size > 0) {
      const startedAt = performance.now();
      try {
        const value = await read(
          key,
          [...topic.followers].map(({ wish }) => wish),
        );
        if (value !== null) {
          topic.last = value;
          for (const follower of topic.followers) follower.onValue(value);
        }
      } catch (error) {
        onError(error);
      }
      const remaining = everyMilliseconds - (performance.now() - startedAt);
      if (topic.followers.size > 0 && remaining > 0) await pause(topic, remaining);
    }
  }

  return {
    follow(key, wish, onValue) {
      const follower = { wish, onValue };
      const known = topics.get(key);
      const topic = known ?? { followers: new Set(), last: null, endPause: () => undefined };
      topic.followers.add(follower);
      if (topic.last !== null) onValue(topic.last);
      if (known === undefined) {
        topics.set(key, topic);
        void run(key, topic);
      }
      return () => {
        topic.followers.delete(follower);
        if (topic.followers.size > 0 || topics.get(key) !== topic) return;
        topics.delete(key);
        topic.endPause();
      };
    },
    size: () => topics.size,
  };
}

function pause(topic: Pick<Topic<unknown, unknown>, "endPause">, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds).unref();
    topic.endPause = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
