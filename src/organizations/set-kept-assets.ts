import type { Database } from "../database/database.ts";
import { auditCommand } from "./audit-command.ts";
import type { KeptAssetsLimits } from "./organization.rules.ts";
import { setKeptAssetsLimits } from "./organization.store.ts";
import { requireOrganization } from "./require-organization.ts";

export interface SetKeptAssetsInput {
  /** The organization's name, in any case, or its id. */
  readonly name: string;
  /** What is left out stays as it is. */
  readonly limits: Partial<KeptAssetsLimits>;
}

/** Sets how long and how much an organization keeps of its assets; the next sweep goes by it. Gives the organization's name and both limits. */
export async function setKeptAssets(
  database: Database,
  { name, limits }: SetKeptAssetsInput,
): Promise<KeptAssetsLimits & { readonly organization: string }> {
  return database.transaction("set kept assets", async (transaction) => {
    const { id, name: organization } = await requireOrganization(transaction, name);
    if (Object.keys(limits).length > 0) await auditCommand(transaction, { organizationId: id, verb: "UPDATE", objectIds: [id] });
    return { organization, ...(await setKeptAssetsLimits(transaction, id, limits)) };
  });
}
