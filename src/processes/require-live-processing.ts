import type { TransactionContext } from "../access/context.ts";
import { findOrganization } from "../organizations/organization.store.ts";
import { decideConfigureProcesses } from "../sessions/session.transitions.ts";
import { Refusal } from "../shared/user-error.ts";

/** Refuses every write of live processing to organizations that were not given it. */
export async function requireLiveProcessing({ transaction, actor }: TransactionContext, path: readonly string[] = []): Promise<void> {
  const organization = await findOrganization(transaction, actor.organizationId);
  const decision = decideConfigureProcesses({ hasLiveProcessing: organization?.packages.includes("LIVE_PROCESSING") ?? false });
  if (decision.outcome !== "ACCEPTED") throw new Refusal({ code: decision.code, message: decision.message, path });
}
