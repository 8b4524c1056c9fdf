import { watchCredentials, type CredentialWatch } from "./credential-watch.ts";
import type { Gateway } from "./gateway.ts";
import { startKeepAlive, type KeepAlive } from "./keep-alive.ts";
import { createOutlets, type Outlets } from "./outlet.ts";

/** What connections that carry subscriptions have in common, WebSockets and event streams alike. */
export interface Streaming {
  readonly credentials: CredentialWatch;
  readonly outlets: Outlets;
  readonly keepAlive: KeepAlive;
  readonly close: () => void;
}

export function startStreaming(gateway: Pick<Gateway, "base">): Streaming {
  const credentials = watchCredentials(gateway.base);
  const outlets = createOutlets();
  const keepAlive = startKeepAlive();
  return {
    credentials,
    outlets,
    keepAlive,
    close() {
      credentials.close();
      outlets.close();
      keepAlive.close();
    },
  };
}
