import { findAuditEntries, type AuditEntryRow } from "../access/audit.store.ts";
import { isPermitted } from "../access/level.rules.ts";
import { defineLoader, inOrderOf } from "../graphql/loaders.ts";

/** Audit entries by id; to callers who may not read the audit, there are none. */
export const auditEntryLoader = defineLoader<AuditEntryRow>("audit entries", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    isPermitted(actor.accessLevel, "read the audit") ? await findAuditEntries(database.executor, actor.organizationId, ids) : [],
    (row) => row.id,
    (row) => row,
  ),
);
