import { HeaderMap } from "@apollo/server";
import type { IncomingMessage, ServerResponse } from "node:http";
import { refuseDeepText } from "../graphql/admission.ts";
import { ERROR_STATUS } from "../graphql/errors.ts";
import type { CallBudget } from "../limits/call-budget.ts";
import { failOperationSpan, inOperationSpan } from "../observability/spans.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { readJsonBody, refuseBatch } from "./body.ts";
import { contextFor, urlOf, type Gateway } from "./gateway.ts";
import { isMultipart, readMultipart, type Uploads } from "./multipart.ts";
import { writeRateLimit } from "./rate-limit-headers.ts";

/** Answers one GraphQL request over HTTP. */
export async function answerGraphql(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  let uploads: Uploads | null = null;
  let budget: CallBudget | null = null;
  try {
    refuseDeepText(urlOf(request)?.searchParams.get("query"));
    const context = await contextFor(gateway, { request, authorization: request.headers.authorization ?? null, requestId });
    budget = context.budget;
    budget.begin();
    if (request.method === "POST" && isMultipart(request)) uploads = await readMultipart(request);
    const httpGraphQLRequest = {
      method: request.method ?? "GET",
      headers: headersOf(request),
      search: urlOf(request)?.search ?? "",
      body: await bodyOf(request, uploads),
    };
    const answer = await inOperationSpan(() =>
      gateway.apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => context }),
    );
    response.statusCode = answer.status ?? 200;
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    if (!request.complete) response.setHeader("connection", "close");
    writeRateLimit(response, budget, context.clock.now());
    response.end(answer.body.kind === "complete" ? answer.body.string : undefined);
    uploads?.abandon();
  } catch (error) {
    uploads?.abandon();
    writeRateLimit(response, budget, gateway.base.clock.now());
    answerFault({ gateway, request, response, requestId }, error);
  }
}

async function bodyOf(request: IncomingMessage, uploads: Uploads | null): Promise<unknown> {
  if (request.method !== "POST") return undefined;
  const body = uploads ? uploads.operation : await readBody(request);
  if (typeof body === "object" && body !== null && "query" in body) refuseDeepText(body.query);
  return body;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const type = request.headers["content-type"]?.toLowerCase() ?? "";
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/.test(type)) {
    throw new UnsupportedMediaType(
      FaultCode.BAD_REQUEST,
      "Send the request as application/json in UTF-8, or with files as multipart/form-data.",
    );
  }
  const body = await readJsonBody(request);
  refuseBatch(body);
  return body;
}

class UnsupportedMediaType extends Fault {}

/** Seconds after which a caller may try again when the database was away. */
const OUTAGE_RETRY_SECONDS = 1;

function retryAfterOf(error: unknown): number | null {
  if (!(error instanceof Fault)) return null;
  return error.retryAfterSeconds ?? (error.code === FaultCode.SERVICE_UNAVAILABLE ? OUTAGE_RETRY_SECONDS : null);
}

interface Exchange {
  readonly gateway: Gateway;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

/** Answers what failed before there was an operation: the credential, the body, or the database behind them. */
export function answerFault({ gateway, request, response, requestId }: Exchange, error: unknown): void {
  const isFault = error instanceof Fault;
  if (!isFault) gateway.base.log.error({ err: error, requestId }, "a request failed");
  const code = isFault ? error.code : "INTERNAL_SERVER_ERROR";
  gateway.metering.erred([code]);
  failOperationSpan(code);
  const message = isFault ? error.message : "Something went wrong on our side. The request id names it in our logs.";
  response.statusCode = error instanceof UnsupportedMediaType ? 415 : ERROR_STATUS[code];
  if (code === FaultCode.UNAUTHENTICATED) response.setHeader("www-authenticate", "Bearer");
  const retryAfterSeconds = retryAfterOf(error);
  if (retryAfterSeconds !== null) response.setHeader("retry-after", retryAfterSeconds);
  // What is left of a body that is too large is not read.
  if (!request.complete) response.setHeader("connection", "close");
  const takesResponseJson = request.headers.accept?.includes("application/graphql-response+json") ?? false;
  response.setHeader("content-type", `application/${takesResponseJson ? "graphql-response+json" : "json"}; charset=utf-8`);
  response.end(JSON.stringify({ errors: [{ message, extensions: { code, requestId } }] }));
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}
