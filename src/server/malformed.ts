import type { Duplex } from "node:stream";
import { newRequestId } from "./gateway.ts";

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers what is no HTTP, as Node.js itself would, and with a request id like every other answer. */
export function answerMalformed(error: NodeJS.ErrnoException, stream: Duplex): void {
  if (error.code === "ECONNRESET" || !stream.writable) {
    stream.destroy();
    return;
  }
  const status = STATUS_LINES[error.code ?? ""] ?? "400 Bad Request";
  refuseStream(stream, status, newRequestId());
}

/** Answers where there is no response to answer with, and ends the connection. */
export function refuseStream(stream: Duplex, status: string, requestId: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nx-request-id: ${requestId}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
