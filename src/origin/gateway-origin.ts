import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Executor } from "../database/database.ts";
import { createOrigin, type MediaLocation, type OriginHandler, type OriginOptions } from "./origin.ts";
import { grantOf, readLivePath, type LiveGrant } from "./origin.rules.ts";
import { createMediaLocator, FORWARDED_HEADER, isOpenTo, proxyMedia } from "./remote.ts";

export interface GatewayOriginOptions extends Pick<OriginOptions, "signing" | "clock"> {
  readonly executor: Executor;
  /** The encoder of the same process; null when there is none. */
  readonly own: { readonly mediaRoot: string; readonly currentId: () => string } | null;
  /** Told of everybody who got something of a session whose viewers are counted. */
  readonly onViewed: (sessionId: string, request: IncomingMessage) => void;
}

/** Serves what the own encoder holds from its files, and fetches the rest from the encoder that holds it. */
export function createGatewayOrigin({ executor, own, onViewed, ...checking }: GatewayOriginOptions): OriginHandler {
  const locate = createMediaLocator(executor);
  const mediaRoot = own?.mediaRoot ?? "";

  const ownLocation = (token: string): MediaLocation => own && { directory: join(mediaRoot, "live", token) };

  async function resolve(token: string, grant: LiveGrant | null): Promise<MediaLocation> {
    const location = await locate(token);
    if (location === null || !isOpenTo(location, grant)) return null;
    if (location.encoderId === own?.currentId()) return ownLocation(token);
    return location.mediaAddress === null ? null : { baseAddress: location.mediaAddress };
  }

  const anywhere = createOrigin({
    ...checking,
    mediaRoot,
    resolve,
    async forward(request, response, { baseAddress, path }) {
      request.headers[FORWARDED_HEADER] = "1";
      await proxyMedia(request, response, { mediaAddress: baseAddress, path });
    },
  });
  // A gateway that sends a player here while the database is away knows better than a process that never asked about it.
  const local = createOrigin({
    ...checking,
    mediaRoot,
    resolve: (token, grant) => resolve(token, grant).catch(() => ownLocation(token)),
  });
  return async (request, response) => {
    // Two gateways that each take the other for the holder, in the moment of a take-over, would ask each other for ever.
    if (FORWARDED_HEADER in request.headers) return local(request, response);
    await anywhere(request, response);
    if (request.method !== "GET" || response.statusCode >= 400) return;
    const path = readLivePath(request.url ?? "");
    // An operator who looks in is no viewer.
    if (!path || grantOf(checking.signing, path, checking.clock.now()) === "PREVIEW") return;
    const location = await locate(path.token).catch(() => null);
    if (location?.onAir === "LIVE") onViewed(location.sessionId, request);
  };
}
