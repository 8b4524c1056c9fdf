import { join } from "node:path";
import type { Executor } from "../database/database.ts";
import { createOrigin, type MediaLocation, type OriginHandler } from "./origin.ts";
import { createMediaLocator, FORWARDED_HEADER, proxyMedia } from "./remote.ts";

export interface GatewayOriginOptions {
  readonly executor: Executor;
  /** The encoder of the same process; null when there is none. */
  readonly own: { readonly mediaRoot: string; readonly currentId: () => string } | null;
}

/** Serves what the own encoder holds from its files, and fetches the rest from the encoder that holds it. */
export function createGatewayOrigin({ executor, own }: GatewayOriginOptions): OriginHandler {
  const locate = createMediaLocator(executor);
  const mediaRoot = own?.mediaRoot ?? "";

  const ownLocation = (token: string): MediaLocation => own && { directory: join(mediaRoot, "live", token) };

  async function resolve(token: string): Promise<MediaLocation> {
    const location = await locate(token);
    if (location === null) return null;
    if (location.encoderId === own?.currentId()) return ownLocation(token);
    return location.mediaAddress === null ? null : { baseAddress: location.mediaAddress };
  }

  const anywhere = createOrigin({
    mediaRoot,
    resolve,
    async forward(request, response, { baseAddress, path }) {
      request.headers[FORWARDED_HEADER] = "1";
      await proxyMedia(request, response, { mediaAddress: baseAddress, path });
    },
  });
  // A gateway that sends a player here while the database is away knows better than a process that never asked about it.
  const local = createOrigin({ mediaRoot, resolve: (token) => resolve(token).catch(() => ownLocation(token)) });
  // Two gateways that each take the other for the holder, in the moment of a take-over, would ask each other for ever.
  return (request, response) => (FORWARDED_HEADER in request.headers ? local : anywhere)(request, response);
}
