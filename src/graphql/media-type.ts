// The negotiator that Apollo Server brings along: both have to come to the same answer.
import Negotiator from "negotiator";

/** The media types of GraphQL over HTTP, the one first that is answered to who takes any. */
export const MEDIA_TYPES = ["application/json", "application/graphql-response+json"] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** The type that an `Accept` header asks for, plain JSON when there is none; null when it takes neither. */
export function mediaTypeFor(accept: string | undefined): MediaType | null {
  if (!accept) return MEDIA_TYPES[0];
  const chosen = new Negotiator({ headers: { accept } }).mediaType([...MEDIA_TYPES]);
  return MEDIA_TYPES.find((type) => type === chosen) ?? null;
}

/**
 * The status of an answer with nothing but errors: plain JSON says 200 of what is well-formed, however it is refused, since clients
 * of old could not tell such an answer from that of a proxy.
 */
export function statusFor(mediaType: MediaType | null, status: number, codes: readonly string[]): number {
  const isWellFormed = codes.some((code) => code !== "BAD_REQUEST");
  return status === 400 && mediaType !== "application/graphql-response+json" && isWellFormed ? 200 : status;
}
