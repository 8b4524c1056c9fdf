import type { Database } from "../database/database.ts";
import { nameKey } from "../shared/name.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { Package } from "./organization.rules.ts";
import { switchPackages, type OrganizationRow } from "./organization.store.ts";

export interface SetPackagesInput {
  /** The organization's name, in any case. */
  readonly name: string;
  readonly enable?: readonly Package[];
  readonly disable?: readonly Package[];
}

/** Switches packages of an organization on and off, a package in both lists off; gives the organization as it is then. */
export async function setPackages(database: Database, { name, enable = [], disable = [] }: SetPackagesInput): Promise<OrganizationRow> {
  const organization = await switchPackages(database.executor, { nameKey: nameKey(name), enable, disable });
  if (organization) return organization;
  throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: `There is no organization named “${name}”.`, path: ["name"] });
}
