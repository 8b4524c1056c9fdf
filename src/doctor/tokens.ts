import ipaddr from "ipaddr.js";
import { keySetPlace, readKeySet, type TokenKeySource } from "../access/token-keys.ts";
import type { Environment } from "../environment.ts";
import { tokenSettingsOf } from "../environment.settings.ts";
import type { Finding } from "./finding.ts";

const ANSWER_DEADLINE_MILLISECONDS = 5_000;
const subject = "tokens";

/** Reads the keys that tokens are checked with, as a gateway does. */
export async function examineTokens(environment: Environment): Promise<readonly Finding[]> {
  const settings = tokenSettingsOf(environment);
  if (!settings) return [];
  return [await examineKeys(settings), ...examineWay(settings)];
}

async function examineKeys(source: TokenKeySource): Promise<Finding> {
  try {
    const options: RequestInit = { redirect: "manual", signal: AbortSignal.timeout(ANSWER_DEADLINE_MILLISECONDS) };
    const { keys } = await readKeySet(source, options);
    const count = `${keys.length} ${keys.length === 1 ? "key" : "keys"}`;
    return { subject, verdict: "OK", text: `of ${source.issuer}, checked with ${count}` };
  } catch (error) {
    const reason = error instanceof Error ? [error.message, error.cause].filter(Boolean).join(" ") : String(error);
    const text = `The keys of ${source.issuer} cannot be read: ${reason} Tokens are answered with SERVICE_UNAVAILABLE until then; API keys work.`;
    return { subject, verdict: "LIMITED", text };
  }
}

/** Whoever sits between could put keys of their own in. */
function examineWay(source: TokenKeySource): readonly Finding[] {
  const { protocol, hostname } = new URL(keySetPlace(source));
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const isOwn = hostname === "localhost" || (ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback");
  if (protocol !== "http:" || isOwn) return [];
  const text = "The keys come over plain http: whoever sits on the way can make tokens. Use https.";
  return [{ subject, verdict: "LIMITED", text }];
}
