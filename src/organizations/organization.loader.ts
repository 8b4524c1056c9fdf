import { defineLoader } from "../graphql/loaders.ts";
import { findOrganization, type OrganizationRow } from "./organization.store.ts";

/** The caller's own organization by its id; any other one is unknown. */
export const organizationLoader = defineLoader<OrganizationRow>("organizations", async ({ database, actor }, ids) => {
  const own = ids.includes(actor.organizationId) ? await findOrganization(database.executor, actor.organizationId) : null;
  return ids.map((id) => (id === actor.organizationId ? own : null));
});
