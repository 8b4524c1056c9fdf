/** What a subscription is told from. It holds no queue: who does not take is not served, and costs nothing. */
export interface ItemSource<Item extends object> extends AsyncIterable<Item> {
  /** Resolves once there may be something to take, or the source is closed; null: at once. */
  readonly ready: () => Promise<void> | null;
  /** What comes next, which may be nothing; null once closed. */
  readonly take: () => Taken<Item> | null;
  /** The subscriber was told something. */
  readonly noteTold: () => void;
  /** How it is followed together with others; null for a source of which each subscriber has its own. */
  readonly live: LiveSource<Item> | null;
  /** Ends it, and whoever waits for it. */
  readonly close: () => void;
}

/** What a source has in common with those that were opened alike. */
export interface LiveSource<Item extends object> {
  /** Whether everything up to now was taken, so that what comes next happens from now on, and is told at once. */
  readonly isNow: () => boolean;
  /** Whether it also has the same items from here on as every other one of which that is true. */
  readonly isLikeOthers: () => boolean;
  /** Another source with the same items from here on. */
  readonly fork: () => ItemSource<Item>;
}

/** Items that belong together. */
export interface Taken<Item extends object> {
  /** Where this is the same object, sources that were opened alike, wherever they began, have the same items. Null: nobody else has these. */
  readonly of: object | null;
  /** Called once at most. */
  readonly items: () => Promise<readonly Item[]>;
}

/** Makes a source what GraphQL wants it to be. What runs subscriptions takes from it instead: one call for what many wait for. */
export function itemSource<Item extends object>({
  ready,
  take,
  noteTold,
  live,
  close,
}: Omit<ItemSource<Item>, typeof Symbol.asyncIterator>): ItemSource<Item> {
  return { ready, take, noteTold, live, close, [Symbol.asyncIterator]: refuseIteration };
}

function refuseIteration(): never {
  throw new Error("Items are taken from their source");
}

/** What there is to tell at the moment, in place of what there was. */
export interface Newest<Item extends object> {
  readonly hasNews: () => boolean;
  /** Null: nothing. */
  readonly next: () => Item | null;
  readonly close: () => void;
}

/** A source of what is newest, one item at a time, and the function that wakes who waits for it. */
export function newestSource<Item extends object>(
  newest: Newest<Item>,
): {
  readonly source: ItemSource<Item>;
  readonly wake: () => void;
} {
  let isClosed = false;
  let wake: () => void = () => undefined;
  return {
    wake: () => wake(),
    source: itemSource({
      ready: () => (isClosed || newest.hasNews() ? null : new Promise((resolve) => (wake = resolve))),
      take() {
        if (isClosed) return null;
        const item = newest.hasNews() ? newest.next() : null;
        return { of: item, items: async () => (item === null ? [] : [item]) };
      },
      noteTold: () => undefined,
      live: null,
      close() {
        isClosed = true;
        newest.close();
        wake();
      },
    }),
  };
}
