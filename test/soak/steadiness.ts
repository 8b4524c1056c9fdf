import type { Held } from "./measured-process.ts";

export interface Sample extends Held {
  /** Since the beginning of the watch. */
  readonly seconds: number;
}

const MEGABYTE = 1_000_000;

/** How much a figure rises from one end of the samples to the other, by the straight line that fits them best. */
export function rise(samples: readonly Sample[], figure: (sample: Sample) => number): number {
  const meanTime = mean(samples.map(({ seconds }) => seconds));
  const meanFigure = mean(samples.map(figure));
  const spread = samples.reduce((sum, { seconds }) => sum + (seconds - meanTime) ** 2, 0);
  const together = samples.reduce((sum, sample) => sum + (sample.seconds - meanTime) * (figure(sample) - meanFigure), 0);
  return spread === 0 ? 0 : (together / spread) * ((samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One line for people. */
export function describeSamples(name: string, samples: readonly Sample[]): string {
  const shown = samples.map(
    ({ seconds, heapUsed, rss, descriptors, objects }) =>
      `${Math.round(seconds)}s heap ${(heapUsed / MEGABYTE).toFixed(1)} rss ${(rss / MEGABYTE).toFixed(0)} fds ${descriptors} timers ${objects["Timeout"] ?? 0}`,
  );
  return `${name}: ${shown.join(" | ")}`;
}
