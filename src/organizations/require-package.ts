import type { TransactionContext } from "../access/context.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { Package } from "./organization.rules.ts";
import { findOrganization } from "./organization.store.ts";

const MEANING: Readonly<Record<Package, string>> = { LIVE_PROCESSING: "Live processes", EVENTS: "Events" };

/** Refuses with PACKAGE_REQUIRED what belongs to a package that the caller's organization does not have. */
export async function requirePackage({ transaction, actor }: TransactionContext, name: Package): Promise<void> {
  const organization = await findOrganization(transaction, actor.organizationId);
  if (organization?.packages.includes(name)) return;
  const message = `${MEANING[name]} need the package ${name}, which this organization does not have.`;
  throw new Refusal({ code: UserErrorCode.PACKAGE_REQUIRED, message, path: [] });
}
