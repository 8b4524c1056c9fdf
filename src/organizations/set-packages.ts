import type { Database } from "../database/database.ts";
import { auditCommand } from "./audit-command.ts";
import type { Package } from "./organization.rules.ts";
import { switchPackages, type OrganizationRow } from "./organization.store.ts";
import { requireOrganization } from "./require-organization.ts";

export interface SetPackagesInput {
  /** The organization's name, in any case, or its id. */
  readonly name: string;
  readonly enable?: readonly Package[];
  readonly disable?: readonly Package[];
}

/** Switches packages of an organization on and off, a package in both lists off; gives the organization as it is then. */
export async function setPackages(database: Database, { name, enable = [], disable = [] }: SetPackagesInput): Promise<OrganizationRow> {
  return database.transaction("set packages", async (transaction) => {
    const organization = await requireOrganization(transaction, name);
    if (enable.length + disable.length === 0) return organization;
    const { id } = organization;
    await auditCommand(transaction, { organizationId: id, verb: "UPDATE", objectIds: [id] });
    return (await switchPackages(transaction, { id, enable, disable })) ?? organization;
  });
}
