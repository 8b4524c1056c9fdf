import { HeaderMap, type HTTPGraphQLRequest } from "@apollo/server";
import type { IncomingMessage } from "node:http";
import { refuseHeavyText } from "../graphql/document-text.ts";
import type { PersistedOperations } from "../graphql/persisted-operations.ts";
import { parseJson } from "../shared/parse-json.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { readJsonBody, refuseBatch } from "./body.ts";
import { urlOf } from "./gateway.ts";
import { isMultipart, readMultipart, type Uploads } from "./multipart.ts";

/** A request as Apollo takes it, the hash of a listed operation replaced by its document. */
export interface GraphqlRequest {
  readonly request: HTTPGraphQLRequest;
  /** Null unless files come with it. */
  readonly uploads: Uploads | null;
}

/** The media type of a body that cannot be read. */
export class UnsupportedMediaType extends Fault {}

/** Reads a request up to its first file. Throws BAD_REQUEST, PAYLOAD_TOO_LARGE, QUERY_TOO_COMPLEX and OPERATION_NOT_ALLOWED. */
export async function readGraphqlRequest(message: IncomingMessage, operations: PersistedOperations): Promise<GraphqlRequest> {
  const method = message.method ?? "GET";
  const headers = headersOf(message);
  const url = urlOf(message);
  if (method !== "POST") {
    const search = method === "GET" && url ? searchWithText(url.searchParams, operations) : "";
    return { request: { method, headers, search, body: undefined }, uploads: null };
  }
  const uploads = isMultipart(message) ? await readMultipart(message) : null;
  try {
    const body = bodyWithText(uploads ? uploads.operation : await readOperation(message), operations);
    return { request: { method, headers, search: url?.search ?? "", body }, uploads };
  } catch (error) {
    uploads?.abandon();
    throw error;
  }
}

/** Reads the body of a request without files, and no batch. Throws BAD_REQUEST, BAD_USER_INPUT and PAYLOAD_TOO_LARGE. */
export async function readOperation(message: IncomingMessage): Promise<unknown> {
  const type = message.headers["content-type"]?.toLowerCase() ?? "";
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/.test(type)) {
    throw new UnsupportedMediaType(
      FaultCode.BAD_REQUEST,
      "Send the request as application/json in UTF-8, or with files as multipart/form-data.",
    );
  }
  const body = await readJsonBody(message);
  refuseBatch(body);
  return body;
}

function bodyWithText(body: unknown, operations: PersistedOperations): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const query = operations.textOf(body);
  if (query === undefined) return body;
  refuseHeavyText(query);
  const { extensions } = body as { readonly extensions?: unknown };
  return { ...body, query, ...(isRecord(extensions) && { extensions: withoutHash(extensions) }) };
}

function searchWithText(parameters: URLSearchParams, operations: PersistedOperations): string {
  const extensions = parseJson(parameters.get("extensions") ?? "");
  const query = operations.textOf({ query: parameters.get("query"), documentId: parameters.get("documentId"), extensions });
  if (query === undefined) return `?${parameters}`;
  refuseHeavyText(query);
  const search = new URLSearchParams(parameters);
  // Apollo refuses a parameter that is given twice; which of them was meant is not ours to say.
  if (parameters.getAll("query").length <= 1) search.set("query", query);
  if (isRecord(extensions)) search.set("extensions", JSON.stringify(withoutHash(extensions)));
  return `?${search}`;
}

/** The hash has been looked up: Apollo would look for it once more. */
function withoutHash(extensions: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { persistedQuery: _, ...others } = extensions;
  return others;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function headersOf(message: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}
