import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { findTemplates, type StoredTemplate } from "./template.store.ts";

/** Templates by id, with their ladders. */
export const templateLoader = defineLoader<StoredTemplate>("templates", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findTemplates(
      database.executor,
      actor.organizationId,
      ids.filter((id) => isIdentifier("template", id)),
    ),
    (template) => template.id,
    (template) => template,
  ),
);
