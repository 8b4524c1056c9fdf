import type { IncomingMessage, ServerResponse } from "node:http";
import { filenameOf, streamSessionsCsv, type ExportSessionsCsvInput } from "../imports/export-sessions-csv.ts";
import { EXPORT_COST } from "../graphql/cost.ts";
import type { CallBudget } from "../limits/call-budget.ts";
import { parseSessionFilter } from "../sessions/session.input.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { contextFor, urlOf, type Gateway } from "./gateway.ts";
import { answerFault } from "./graphql-http.ts";
import { writeRateLimit } from "./rate-limit-headers.ts";
import { writePart } from "./write-part.ts";

/** Where sessions are had as a CSV file of any length. */
export const EXPORT_PATH = "/exports/sessions.csv";

/** Parameters that stand for a list are given once for each of its items. */
const LISTS = ["ids", "excludeIds", "names", "externalIds", "streamIds", "labels", "status", "health", "inputType"] as const;
const TEXTS = ["search", "templateId"] as const;
const BOOLEANS = ["hasOpenAlert", "hasPendingChanges", "hasEvent"] as const;
const INCLUDE_SECRETS = "includeSecrets";
const PARAMETERS: readonly string[] = [...LISTS, ...TEXTS, ...BOOLEANS, INCLUDE_SECRETS];

/**
 * Answers `GET /exports/sessions.csv`: the file of `exportSessionsCsv`, written while it is read. The parameters are the fields of
 * `SessionFilter`, a list's repeated for each item (`?ids=a&ids=b`), and `includeSecrets=true`; without any, all sessions.
 */
export async function answerExport(gateway: Gateway, request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
  let budget: CallBudget | null = null;
  try {
    if (request.method !== "GET") throw new Fault(FaultCode.BAD_REQUEST, "Exports are read with GET.");
    const context = await contextFor(gateway, { request, authorization: request.headers.authorization ?? null, requestId });
    budget = context.budget;
    budget.begin();
    budget.charge(EXPORT_COST);
    writeRateLimit(response, budget, context.clock.now());
    const parts = streamSessionsCsv(context, readParameters(urlOf(request)?.searchParams ?? new URLSearchParams()));
    // Whatever is refused is refused before the first part.
    const first = await parts.next();
    response.writeHead(200, {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": `attachment; filename="${filenameOf(context)}"`,
      "cache-control": "no-store",
    });
    await writePart(response, first.value ?? "");
    for await (const part of parts) {
      if (response.destroyed) return;
      await writePart(response, part);
    }
    response.end();
  } catch (error) {
    if (!response.headersSent) {
      writeRateLimit(response, budget, gateway.base.clock.now());
      return answerFault({ gateway, request, response, requestId, isPlainHttp: true }, error);
    }
    // A file that is cut off must not look like a whole one.
    gateway.base.log.error({ err: error, requestId }, "an export broke off");
    response.destroy();
  }
}

function readParameters(parameters: URLSearchParams): ExportSessionsCsvInput {
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) throw bad(`There is no parameter ${name.slice(0, 40)}. There are ${PARAMETERS.join(", ")}.`);
  }
  const filter = parseSessionFilter({
    ...Object.fromEntries(LISTS.flatMap((name) => (parameters.has(name) ? [[name, parameters.getAll(name)]] : []))),
    ...Object.fromEntries(TEXTS.flatMap((name) => (parameters.has(name) ? [[name, parameters.get(name)]] : []))),
    ...Object.fromEntries(BOOLEANS.map((name) => [name, readBoolean(parameters, name)])),
  });
  return { selection: { filter }, includeSecrets: readBoolean(parameters, INCLUDE_SECRETS) ?? false };
}

/** Null where the parameter is not given. */
function readBoolean(parameters: URLSearchParams, name: string): boolean | null {
  const text = parameters.get(name);
  if (text === null) return null;
  if (text !== "true" && text !== "false") throw bad(`${name} is true or false.`);
  return text === "true";
}

function bad(message: string): Fault {
  return new Fault(FaultCode.BAD_USER_INPUT, message);
}
