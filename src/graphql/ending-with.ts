import type { ExecutionResult } from "graphql";

/** What a subscription comes to: its items, or why there are none. */
export type Subscribed = AsyncGenerator<ExecutionResult, void> | ExecutionResult;

/** The same items; `end` is called once there are no more of them. */
export function endingWith(items: AsyncGenerator<ExecutionResult, void>, end: () => void): AsyncGenerator<ExecutionResult, void> {
  const counted: AsyncGenerator<ExecutionResult, void> = {
    async next() {
      try {
        const result = await items.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    return(value) {
      end();
      return items.return(value);
    },
    throw(error: unknown) {
      end();
      return items.throw(error);
    },
    [Symbol.asyncIterator]: () => counted,
  };
  return counted;
}
