import { openPushServers } from "../encoder/push-servers.ts";
import type { Environment } from "../environment.ts";
import { createLog } from "../shared/log.ts";
import type { Finding } from "./finding.ts";
import { isHeadend } from "./port.ts";

/** Opens what senders push to, as a start does, and lets it go at once; an installation that runs here holds it already. */
export async function examinePushInputs(environment: Environment): Promise<readonly Finding[]> {
  const subject = "push inputs";
  if (await isHeadend(environment.host, environment.port))
    return [{ subject, verdict: "OK", text: "taken by the Headend that runs already" }];
  const servers = await openPushServers({ ...environment, log: createLog({ level: "silent" }) });
  await servers.close();
  const addresses = Object.values(servers.addresses).join(", ");
  return [
    ...(addresses === "" ? [] : [{ subject, verdict: "OK", text: `can be taken at ${addresses}` } as const]),
    ...servers.missing.map((text): Finding => ({ subject, verdict: "LIMITED", text })),
  ];
}
