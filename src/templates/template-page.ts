import { parsePage, type ListOrder, type PageArguments } from "../graphql/connection.ts";
import type { KeysetPage } from "../database/keyset.ts";
import { parseTemplateSearch } from "./template.input.ts";
import type { TemplateSearch } from "./template.store.ts";

const BY_NAME: ListOrder = { name: "NAME:ASC", keyType: "text" };

/** The arguments of the query `templates`. */
export interface TemplatePageArguments extends PageArguments {
  readonly search?: string | null | undefined;
}

/** Reads the arguments of a page of templates; throws BAD_USER_INPUT for what means none. */
export function parseTemplatePage(
  given: TemplatePageArguments,
  organizationId: string,
): { readonly search: TemplateSearch; readonly page: KeysetPage; readonly order: ListOrder } {
  return { search: { organizationId, search: parseTemplateSearch(given.search) }, page: parsePage(given, BY_NAME), order: BY_NAME };
}
