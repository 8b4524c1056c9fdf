import type { IncomingMessage } from "node:http";
import { isHeavyJson } from "./heavy-json.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";

/** Most bytes of a request's body; files of uploads apart. */
export const BODY_LIMIT_BYTES = 1_000_000;

/** Reads a JSON body, or throws PAYLOAD_TOO_LARGE, BAD_REQUEST, or BAD_USER_INPUT for one that has too much in it. */
export async function readJsonBody(request: IncomingMessage, limitBytes: number = BODY_LIMIT_BYTES): Promise<unknown> {
  const bytes = await readBytes(request, limitBytes);
  refuseHeavyJson(bytes);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new Fault(FaultCode.BAD_REQUEST, "The body is not JSON in UTF-8.", { cause: error });
  }
}

/** Refuses JSON that is not worth parsing, with BAD_USER_INPUT. */
export function refuseHeavyJson(bytes: Uint8Array): void {
  if (!isHeavyJson(bytes)) return;
  throw new Fault(FaultCode.BAD_USER_INPUT, "This has more values, or values within values, than any request. Send less at a time.");
}

async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(limitBytes: number): Fault {
  return new Fault(
    FaultCode.PAYLOAD_TOO_LARGE,
    `A request has at most ${limitBytes} bytes. Send a larger file as an upload: a multipart request, such as importSessionsCsv takes in \`file\`.`,
  );
}

/** One operation to a request. */
export function refuseBatch(body: unknown): void {
  if (Array.isArray(body)) throw new Fault(FaultCode.BAD_REQUEST, "Send one operation per request: batches are not taken.");
}
