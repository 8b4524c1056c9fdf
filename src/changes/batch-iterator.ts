/** Where items come from: batches that are asked for one after the other. */
export interface BatchSource<Item> {
  /** At least one item; null: there are no more. One call at a time. */
  readonly nextBatch: () => Promise<readonly Item[] | null>;
  /**
   * Whether everything up to now was given, so that the next batch tells what happens from now on, and is told at once. Else, and when
   * left out, a batch is asked for as its reader takes those before.
   */
  readonly isLive?: () => boolean;
  /** Ends a waiting `nextBatch`. */
  readonly close: () => void;
}

/** The items of a source, one by one as GraphQL wants them, or batch by batch. */
export interface BatchedItems<Item> extends AsyncGenerator<Item, void> {
  readonly source: BatchSource<Item>;
}

/**
 * The items of a source one by one. Written by hand: an `async function*` that waits for its next item does not hear `return()`,
 * so that a subscriber who left while nothing happened would stay for ever. Here `return()` ends the waiting itself.
 */
export function iterateBatches<Item>(source: BatchSource<Item>): BatchedItems<Item> {
  let batch: readonly Item[] = [];
  let index = 0;
  let isDone = false;
  let leave: () => void = () => undefined;

  function end(): void {
    isDone = true;
    batch = [];
    source.close();
    leave();
  }

  /** A promise of its own for every wait: one shared by all of them would keep each of them in memory. */
  function nextOrLeft(): Promise<readonly Item[] | null> {
    return new Promise((resolve, reject) => {
      leave = () => resolve(null);
      source.nextBatch().then(resolve, reject);
    });
  }

  async function next(): Promise<IteratorResult<Item, void>> {
    while (!isDone) {
      const item = batch[index];
      if (item !== undefined) {
        index += 1;
        return { done: false, value: item };
      }
      const found = await nextOrLeft();
      if (isDone || found === null) break;
      batch = found;
      index = 0;
    }
    end();
    return { done: true, value: undefined };
  }

  const iterator: BatchedItems<Item> = {
    source,
    next: () =>
      next().catch((error: unknown) => {
        end();
        throw error;
      }),
    async return() {
      end();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      end();
      throw error;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
