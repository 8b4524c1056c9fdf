import type { EncodedRendition } from "./encoder-plan.ts";
import { ratePerSecond, type FrameRate, type VideoFacts } from "./input-facts.ts";

/** Broadcast rates that templates write as a rounded decimal. */
const FRACTIONAL_RATES: readonly FrameRate[] = [24_000, 30_000, 48_000, 60_000, 120_000].map((numerator) => ({
  numerator,
  denominator: 1001,
}));
const SAME_RATE_FRACTION = 0.0005;
const RATE_PRECISION = 1_000;

/** The constant frame rate of a rendition: what its template wants, but never more than the input has. */
export function outputFrameRate(wantedPerSecond: number, input: FrameRate | null): FrameRate {
  const isSame = (rate: FrameRate): boolean => Math.abs(ratePerSecond(rate) / wantedPerSecond - 1) <= SAME_RATE_FRACTION;
  if (input && (isSame(input) || ratePerSecond(input) < wantedPerSecond)) return input;
  const fractional = Number.isInteger(wantedPerSecond) ? undefined : FRACTIONAL_RATES.find(isSame);
  if (fractional) return fractional;
  return Number.isInteger(wantedPerSecond)
    ? { numerator: wantedPerSecond, denominator: 1 }
    : { numerator: Math.round(wantedPerSecond * RATE_PRECISION), denominator: RATE_PRECISION };
}

/** From the decoded picture to what a rendition wants: square pixels, its size with the aspect kept by bars, its rate. */
export function videoFilter(rendition: EncodedRendition, input: VideoFacts | null): string {
  const { numerator, denominator } = outputFrameRate(rendition.frameRate, input?.frameRate ?? null);
  // 4:2:0 colour has no odd sizes.
  const width = even(rendition.width);
  const height = even(rendition.height);
  const hasSquarePixels = Math.abs((input?.pixelAspect ?? 1) - 1) < 0.01;
  return [
    ...(input?.isInterlaced ? ["yadif=deint=interlaced"] : []),
    `fps=${numerator}/${denominator}`,
    ...(hasSquarePixels ? [] : ["scale=trunc(iw*sar/2)*2:ih"]),
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`,
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
    "setsar=1",
    "format=yuv420p",
  ].join(",");
}

function even(size: number): number {
  return Math.max(2, size - (size % 2));
}
