/** Milliseconds that each of several works took, run in turn so that a load from outside meets all of them alike. */
export async function alternate<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, { readonly before?: () => Promise<unknown>; readonly work: () => Promise<unknown> }>>,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(works) as Name[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      await works[name].before?.();
      const start = performance.now();
      await works[name].work();
      if (round > 0) taken[name].push(performance.now() - start);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(taken[name])])) as Record<Name, number>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A result against what it should be at most. */
export function report(what: string, value: number, most: number, detail: string): void {
  print(value <= most, `${what}: ${value.toFixed(2)} (at most ${most}) ${detail}`);
}

/** A result against what it should be at least. */
export function reportAtLeast(what: string, value: number, least: number, detail: string): void {
  print(value >= least, `${what}: ${value.toFixed(2)} (at least ${least}) ${detail}`);
}

function print(isReached: boolean, line: string): void {
  console.log(`${isReached ? "ok  " : "MISS"} ${line}`);
}

/** By how much the memory of the whole process grows at most; wants `--expose-gc`. */
export async function extraMegabytesOf(work: () => Promise<unknown>): Promise<number> {
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 10);
  await work();
  clearInterval(watch);
  return megabytes(most - before);
}

export function megabytes(bytes: number): number {
  return bytes / 1024 / 1024;
}
