import type { Executor } from "../database/database.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { findOrganizationNamed, type OrganizationRow } from "./organization.store.ts";

/** The organization of a name in any case, or of an id; refused when there is none. */
export async function requireOrganization(executor: Executor, name: string): Promise<OrganizationRow> {
  const organization = await findOrganizationNamed(executor, name);
  if (organization) return organization;
  throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: `There is no organization named “${name}”.`, path: ["name"] });
}
