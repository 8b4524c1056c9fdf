import { GraphQLError, validate, type DocumentNode, type GraphQLSchema } from "graphql";
import type { Actor } from "../access/actor.ts";
import { countMergedPairs } from "./document-shape.ts";
import { tooComplex, withCode } from "./document-text.ts";
import { ERROR_COUNT_LIMIT } from "./errors.ts";

/** Pairs of fields and of fragments: 300 fields of one name, or 300 fragments, still pass. */
const MERGED_PAIR_LIMIT = 50_000;

/** Longer documents are told no names that are near to their own: to look for them takes as long as a wrong name is. */
const SUGGESTION_LENGTH_LIMIT = 50_000;

/** Documents that were found valid: their clients send them again and again. */
const validDocuments = new WeakMap<DocumentNode, GraphQLSchema>();

/** A document that does not fit the schema, with everything that is wrong with it up to the most that an answer tells. */
export class InvalidDocument extends GraphQLError {
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    const coded = errors.map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED"));
    super(coded[0]?.message ?? "The document does not fit the schema.", {
      extensions: { code: "GRAPHQL_VALIDATION_FAILED", http: { status: 400 } },
    });
    this.errors = coded;
  }
}

/** Throws `InvalidDocument`, or QUERY_TOO_COMPLEX for a document that would take too long to look at. */
export function checkDocument(schema: GraphQLSchema, document: DocumentNode, { canIntrospect }: Pick<Actor, "canIntrospect">): void {
  if (validDocuments.get(document) === schema) return;
  if (countMergedPairs(document) > MERGED_PAIR_LIMIT) throw tooComplex("with fewer fields of one name, and fewer fragments");
  const hideSuggestions = !canIntrospect || (document.loc?.source.body.length ?? 0) > SUGGESTION_LENGTH_LIMIT;
  const errors = validate(schema, document, undefined, { maxErrors: ERROR_COUNT_LIMIT, hideSuggestions });
  if (errors.length > 0) throw new InvalidDocument(errors.slice(0, ERROR_COUNT_LIMIT));
  validDocuments.set(document, schema);
}
