import type { FormattedExecutionResult, GraphQLFormattedError } from "graphql";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ERROR_STATUS, finishErrors } from "../graphql/errors.ts";
import { answerParts } from "../graphql/large-answer.ts";
import { MEDIA_TYPES, mediaTypeFor, statusFor } from "../graphql/media-type.ts";
import { DOCUMENT_WANTED, UnknownDocument } from "../graphql/persisted-operations.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { CallBudget } from "../limits/call-budget.ts";
import { failOperationSpan, inOperationSpan } from "../observability/spans.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { contextFor, type Gateway } from "./gateway.ts";
import { isOpenToAnybody } from "./open-door.ts";
import { readGraphqlRequest, UnsupportedMediaType } from "./graphql-request.ts";
import { isMultipart, type Uploads } from "./multipart.ts";
import { writeRateLimit } from "./rate-limit-headers.ts";
import { writePart } from "./write-part.ts";

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
    const { authorization = null } = request.headers;
    // Who shows nothing is let in by what is asked for alone; all others before anything is read.
    const mayBeOpen = authorization === null && request.method === "POST" && !isMultipart(request);
    const early = mayBeOpen ? await readGraphqlRequest(request, gateway.operations).catch(() => null) : null;
    const isForAnybody = early !== null && isOpenToAnybody(early.request.body);
    const signal = gateway.openCalls.signalOf(response);
    const context = await contextFor(gateway, { request, authorization, requestId, isForAnybody, signal });
    budget = context.budget;
    budget.begin();
    // Before anything runs: who cannot read the answer should not find out that it was done.
    if (mediaTypeFor(request.headers.accept) === null)
      throw new NotAcceptable(FaultCode.BAD_REQUEST, `Answers are ${MEDIA_TYPES.join(" or ")}: accept one of them.`);
    const read = early ?? (await readGraphqlRequest(request, gateway.operations));
    uploads = read.uploads;
    const answer = await inOperationSpan(() =>
      gateway.apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest: read.request, context: async () => context }),
    );
    response.statusCode = answer.status ?? 200;
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    if (!request.complete) response.setHeader("connection", "close");
    writeRateLimit(response, budget, context.clock.now());
    uploads?.abandon();
    if (context.kept.answer) await writeAnswer(response, context.kept.answer);
    else response.end(answer.body.kind === "complete" ? finishBody(answer.body.string, response.statusCode, context) : undefined);
  } catch (error) {
    uploads?.abandon();
    // An answer that is cut off must not look like a whole one.
    if (response.headersSent) return void response.destroy();
    writeRateLimit(response, budget, gateway.base.clock.now());
    answerFault({ gateway, request, response, requestId }, error);
  }
}

async function writeAnswer(response: ServerResponse, answer: FormattedExecutionResult | Uint8Array): Promise<void> {
  if (answer instanceof Uint8Array) return void response.end(answer);
  for (const part of answerParts(answer)) await writePart(response, part);
  response.end();
}

/** What is no GraphQL request at all Apollo answers without asking us, and so without the request's id. */
function finishBody(body: string, status: number, { requestId, actor }: RequestContext): string {
  if (status < 400 || body.includes('"requestId":')) return body;
  const { errors } = JSON.parse(body) as { readonly errors: readonly GraphQLFormattedError[] };
  return JSON.stringify({ errors: finishErrors(errors, { requestId, mayIntrospect: actor.canIntrospect }) });
}

/** No answer has the form that is asked for. */
export class NotAcceptable extends Fault {}

export class MethodNotAllowed extends Fault {}

function statusOf(error: unknown): number | null {
  if (error instanceof UnsupportedMediaType) return 415;
  if (error instanceof MethodNotAllowed) return 405;
  return error instanceof NotAcceptable ? 406 : null;
}

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
  /** Left out for GraphQL, whose answers of plain JSON say 200 of what is well-formed; elsewhere the status tells what became of a request. */
  readonly isPlainHttp?: boolean;
}

/** Answers what failed before there was an operation: the credential, the body, or the database behind them. */
export function answerFault({ gateway, request, response, requestId, isPlainHttp = false }: Exchange, error: unknown): void {
  const isFault = error instanceof Fault;
  if (!isFault) gateway.base.log.error({ err: error, requestId }, "a request failed");
  const code = isFault ? error.code : "INTERNAL_SERVER_ERROR";
  const message = isFault ? error.message : "Something went wrong on our side. The request id names it in our logs.";
  gateway.metering.erred([code]);
  failOperationSpan(code);
  const mediaType = isPlainHttp ? MEDIA_TYPES[0] : mediaTypeFor(request.headers.accept);
  response.statusCode = statusOf(error) ?? (isPlainHttp ? ERROR_STATUS[code] : statusFor(mediaType, ERROR_STATUS[code], [code]));
  if (code === FaultCode.UNAUTHENTICATED) response.setHeader("www-authenticate", "Bearer");
  const retryAfterSeconds = retryAfterOf(error);
  if (retryAfterSeconds !== null) response.setHeader("retry-after", retryAfterSeconds);
  // What is left of a body that is too large is not read.
  if (!request.complete) response.setHeader("connection", "close");
  response.setHeader("content-type", `${mediaType ?? MEDIA_TYPES[0]}; charset=utf-8`);
  const errors = [message, ...(error instanceof UnknownDocument ? [DOCUMENT_WANTED] : [])];
  response.end(JSON.stringify({ errors: errors.map((text) => ({ message: text, extensions: { code, requestId } })) }));
}
