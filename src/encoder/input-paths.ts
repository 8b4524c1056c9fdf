import { createHash } from "node:crypto";
import { AddressRefused } from "../network/connect.ts";

/** The media playlists of an input as its reader sees them, each below its name. */
export type MediaName = "video" | "audio";

/** Where a media playlist of ours stands on our host. */
export function playlistPath(name: MediaName): string {
  return `/${name}.m3u8`;
}

/** Where a segment stands. */
export function segmentPath(name: MediaName, number: number, extension: string): string {
  return `/${name}/${number}.${extension}`;
}

/** The number of the segment that stands at this path; null for other paths. */
export function segmentNumberAt(path: string, name: MediaName): number | null {
  const [, owner, number] = /^\/(\w+)\/(\d{1,16})\.\w+$/.exec(path) ?? [];
  return owner === name && number !== undefined ? Number(number) : null;
}

/** Keys and headers of segments, each of which stands at the same address of ours as long as it is the same elsewhere. */
export class NamedParts {
  readonly #urls = new Map<string, string>();

  /** A path of ours for what stands at this address. */
  add(url: string): string {
    const path = `/part/${createHash("sha256").update(url).digest("base64url").slice(0, 22)}.mp4`;
    this.#urls.set(path, url);
    return path;
  }

  at(path: string): string | null {
    return this.#urls.get(path) ?? null;
  }
}

export function foreignAddress(): AddressRefused {
  return new AddressRefused("The input names something that is not at an HTTP or HTTPS address, which is not allowed here.");
}
