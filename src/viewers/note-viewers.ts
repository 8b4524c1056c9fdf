import type { IncomingMessage } from "node:http";
import { callerAddress } from "../network/caller-address.rules.ts";
import type { ViewerCounter } from "./viewer-counter.ts";
import { viewerOf } from "./viewer.rules.ts";

/** Gives the function that counts who got something of a session, by what the request tells of its maker. */
export function noteViewers(counter: ViewerCounter, trustedProxies: readonly string[]) {
  return (sessionId: string, { socket, headers, url = "" }: IncomingMessage): void => {
    const address = callerAddress(socket.remoteAddress, headers["x-forwarded-for"], trustedProxies);
    counter.see(sessionId, viewerOf({ address, headers, target: url }));
  };
}
