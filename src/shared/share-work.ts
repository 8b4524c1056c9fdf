/**
 * Does work once for all who ask for it by the same object and key: the first one's `work` runs, the others get what it gave. What
 * nobody needs any more is forgotten after a second or two, since all who share work ask for it at about the same time.
 */
export type ShareWork = <Result>(of: object, key: string, work: () => Result) => Result;

const KEPT_MILLISECONDS = 1_000;

type Results = Map<object, Map<string, unknown>>;

export function createShareWork(keptMilliseconds = KEPT_MILLISECONDS): ShareWork {
  let recent: Results = new Map();
  let older: Results = new Map();
  let isForgetting = false;

  function forget(): void {
    older = recent;
    recent = new Map();
    isForgetting = older.size > 0;
    if (isForgetting) setTimeout(forget, keptMilliseconds).unref();
  }

  return <Result>(of: object, key: string, work: () => Result): Result => {
    const results = recent.get(of) ?? older.get(of) ?? new Map<string, unknown>();
    // Under a key there is always what the same work gave.
    if (results.has(key)) return results.get(key) as Result;
    const result = work();
    results.set(key, result);
    recent.set(of, results);
    if (!isForgetting) {
      isForgetting = true;
      setTimeout(forget, keptMilliseconds).unref();
    }
    return result;
  };
}
