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

/** Sizes such as 854x480 and 1280x720 are meant to be of one shape: shapes so close count as one. */
const SAME_SHAPE_FRACTION = 0.015;

/** Width to height of the picture, as a fraction of whole numbers. */
export interface Shape {
  readonly width: number;
  readonly height: number;
}

/**
 * The shape that a picture of this size is declared to have: that of the first of the ladder that is as good as the same. DASH
 * lets players switch only between pictures of exactly one shape.
 */
export function declaredShape(size: Shape, ladder: readonly Shape[]): Shape {
  const ratio = (shape: Shape): number => shape.width / shape.height;
  return ladder.find((shape) => Math.abs(ratio(shape) / ratio(size) - 1) <= SAME_SHAPE_FRACTION) ?? size;
}

/** From the decoded picture to what a rendition wants: its size with the aspect kept by bars, its rate, its declared shape. */
export function videoFilter(rendition: EncodedRendition, input: VideoFacts | null, shape: Shape): string {
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
    `setdar=${shape.width}/${shape.height}`,
    "format=yuv420p",
  ].join(",");
}

function even(size: number): number {
  return Math.max(2, size - (size % 2));
}
