import { GraphQLError, parse, type DocumentNode } from "graphql";
import { Fault, FaultCode } from "../shared/user-error.ts";

/** Most lexical tokens of a document; parsing stops there. */
export const TOKEN_LIMIT = 2_000;
/** Characters of a document. What it says of itself fits; of more, each look at it takes as long as a refusal may. */
const LENGTH_LIMIT = 250_000;
/** Brackets that stand open at a time in a document: far more than any has, and far fewer than the parser's stack takes. */
const NESTING_LIMIT = 400;
/** Lines of a document: graphql-js counts them from the first one on for every place that an error names. */
const LINE_LIMIT = 5_000;

/** Refuses a document that the parser would not come back from in time; looked at before it is parsed. */
export function refuseHeavyText(document: unknown): void {
  if (typeof document !== "string" || document.length <= NESTING_LIMIT) return;
  if (document.length > LENGTH_LIMIT)
    throw tooComplex(`of at most ${LENGTH_LIMIT.toLocaleString("en")} characters; a longer text goes into a variable`);
  let [open, lines] = [0, 0];
  for (const [mark] of document.matchAll(/[[\]{}()]|\r\n|[\n\r]/g)) {
    if ("[{(".includes(mark)) open += 1;
    else if ("]})".includes(mark)) open -= 1;
    else lines += 1;
    if (open > NESTING_LIMIT) throw tooComplex("in which fewer brackets stand within each other");
    if (lines > LINE_LIMIT) throw tooComplex(`of at most ${LINE_LIMIT} lines; a longer text goes into a variable`);
  }
}

/** Parses the document of a transport that no library parses for; throws a coded error. */
export function parseDocument(text: string): DocumentNode {
  refuseHeavyText(text);
  try {
    return parse(text, { maxTokens: TOKEN_LIMIT });
  } catch (error) {
    if (error instanceof GraphQLError) throw withCode(error, "GRAPHQL_PARSE_FAILED");
    throw new Fault(FaultCode.BAD_REQUEST, "The document cannot be read.", { cause: error });
  }
}

/** `limit`: what a document has to be to be admitted. */
export function tooComplex(limit: string): Fault {
  return new Fault(FaultCode.QUERY_TOO_COMPLEX, `Send a document ${limit}.`);
}

/** The same error with a code of ours. */
export function withCode(error: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions, path, extensions } = error;
  return new GraphQLError(error.message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: { ...extensions, code },
  });
}
