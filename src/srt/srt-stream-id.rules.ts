/** What a publisher asks for by its stream ID. */
export interface StreamRequest {
  readonly streamKey: string;
  /** It means to send to us; else it wants to be sent to, which nobody is here. */
  readonly isPublishing: boolean;
}

const ACCESS_CONTROL_PREFIX = "#!::";

/**
 * Reads the stream key out of a stream ID: the whole of it, or what `r` names in the standard syntax `#!::r=KEY,m=publish`.
 * Without a mode it is taken for publishing, since that is all that there is to do here. Null when it names no key.
 */
export function readStreamRequest(streamId: string): StreamRequest | null {
  if (!streamId.startsWith(ACCESS_CONTROL_PREFIX)) return { streamKey: streamId, isPublishing: true };
  const entries = streamId
    .slice(ACCESS_CONTROL_PREFIX.length)
    .split(",")
    .map((part) => part.split("=", 2));
  const values = new Map(entries.map(([name = "", value = ""]) => [name.trim(), value.trim()]));
  const streamKey = values.get("r");
  if (streamKey === undefined || streamKey === "") return null;
  const mode = values.get("m") ?? "publish";
  return { streamKey, isPublishing: mode === "publish" || mode === "bidirectional" };
}
