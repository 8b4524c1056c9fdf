import busboy from "busboy";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Upload } from "../graphql/upload.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { BODY_LIMIT_BYTES, refuseBatch, refuseHeavyJson } from "./body.ts";

/** Most files of one request. */
const FILE_COUNT_LIMIT = 20;
/** Most bytes of one file that are taken from the socket; each verb has a limit of its own below it, and says so in its own words. */
const FILE_LIMIT_BYTES = 64 * 1024 * 1024;

/** A GraphQL multipart request of which the files still come in. */
export interface Uploads {
  /** The operation, each file of it an `Upload`. */
  readonly operation: unknown;
  /** Reads no more: whoever wanted the rest has it by now. */
  readonly abandon: () => void;
}

export function isMultipart(request: IncomingMessage): boolean {
  return /^multipart\/form-data\s*;/i.test(request.headers["content-type"] ?? "");
}

/**
 * Reads a request of the GraphQL multipart request specification up to its first file: `operations`, then `map`, then the files in
 * the order of the map. Files are read as they are asked for, from the socket, so that none is ever held whole. Throws BAD_REQUEST.
 */
export function readMultipart(request: IncomingMessage): Promise<Uploads> {
  const parser = openParser(request);
  const files = new Map<string, WaitingFile>();
  let operations: unknown;
  let isRead = false;

  return new Promise((resolve, reject) => {
    function fail(error: Error): void {
      request.unpipe(parser);
      request.resume();
      for (const file of files.values()) file.fail(error);
      reject(error);
    }
    function finish(): void {
      if (isRead) return;
      isRead = true;
      if (operations === undefined || files.size === 0)
        return fail(badRequest("Send the fields `operations` and `map`, in this order, before the files."));
      resolve({ operation: operations, abandon: () => fail(badRequest("The request was answered before its files were read.")) });
    }
    function takeField(name: string, text: string, isTruncated: boolean): void {
      try {
        if (isTruncated) throw new Fault(FaultCode.PAYLOAD_TOO_LARGE, `A field of a request has at most ${BODY_LIMIT_BYTES} bytes.`);
        if (name === "operations") operations = parseOperations(text);
        else if (name === "map") placeFiles(operations, text, files);
      } catch (error) {
        fail(error instanceof Error ? error : badRequest("A field cannot be read."));
      }
    }
    parser.on("field", (name, text, info) => takeField(name, text, info.valueTruncated));
    parser.on("file", (name, stream) => {
      // Whoever reads the file hears of it; nobody else needs to.
      stream.on("error", () => undefined);
      const file = files.get(name);
      if (file) file.arrive(stream);
      else stream.resume();
      finish();
    });
    parser.on("close", () => {
      finish();
      for (const file of files.values()) file.fail(badRequest("The request names a file that it does not hold."));
    });
    parser.on("error", () => fail(badRequest("The multipart body cannot be read.")));
    request.on("aborted", () => fail(badRequest("The request ended before its files did.")));
    request.pipe(parser);
  });
}

function openParser(request: IncomingMessage): busboy.Busboy {
  try {
    const limits = { fieldSize: BODY_LIMIT_BYTES, fields: 10, files: FILE_COUNT_LIMIT, fileSize: FILE_LIMIT_BYTES };
    return busboy({ headers: request.headers, limits, defParamCharset: "utf8" });
  } catch (error) {
    throw badRequest("The multipart body has no boundary.", { cause: error });
  }
}

function parseOperations(text: string): unknown {
  refuseHeavyJson(Buffer.from(text));
  const operations = parseJson(text, "operations");
  refuseBatch(operations);
  return operations;
}

/** Puts an `Upload` wherever the map names a place. */
function placeFiles(operations: unknown, text: string, files: Map<string, WaitingFile>): void {
  if (operations === undefined) throw badRequest("Send `operations` before `map`.");
  const map = parseJson(text, "map");
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw badRequest("`map` is an object of lists of paths.");
  for (const [name, paths] of Object.entries(map)) {
    if (!Array.isArray(paths) || files.size >= FILE_COUNT_LIMIT)
      throw badRequest("`map` is an object of lists of paths, one for each file.");
    const file = awaitFile();
    files.set(name, file);
    for (const path of paths) placeAt(operations, String(path).split("."), file.upload);
  }
}

function placeAt(operations: unknown, path: readonly string[], upload: Upload): void {
  let place: unknown = operations;
  for (const [index, key] of path.entries()) {
    // Own properties alone: a path must not lead to what all objects share.
    if (typeof place !== "object" || place === null || !Object.hasOwn(place, key)) throw badRequest("A path of `map` leads nowhere.");
    const holder = place as Record<string, unknown>;
    if (index < path.length - 1) place = holder[key];
    else if (holder[key] === null) holder[key] = upload;
    else throw badRequest("A path of `map` leads to something that is not null.");
  }
}

interface WaitingFile {
  readonly upload: Upload;
  readonly arrive: (stream: Readable) => void;
  readonly fail: (error: Error) => void;
}

function awaitFile(): WaitingFile {
  const { promise, resolve, reject } = withResolvers<Readable>();
  // A file that nobody asks for fails unheard.
  promise.catch(() => undefined);
  let arrived: Readable | null = null;
  async function* read(): AsyncGenerator<Uint8Array> {
    const stream = await promise;
    yield* stream as AsyncIterable<Uint8Array>;
    if ((stream as Readable & { readonly truncated?: boolean }).truncated) {
      throw new Fault(FaultCode.PAYLOAD_TOO_LARGE, `A file has at most ${FILE_LIMIT_BYTES} bytes.`);
    }
  }
  return {
    upload: new Upload(read),
    arrive(stream) {
      arrived = stream;
      resolve(stream);
    },
    fail(error) {
      if (arrived && !arrived.readableEnded) arrived.destroy(error);
      reject(error);
    },
  };
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function parseJson(text: string, field: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(`The field \`${field}\` is not JSON.`, { cause: error });
  }
}

function badRequest(message: string, options?: ErrorOptions): Fault {
  return new Fault(FaultCode.BAD_REQUEST, message, options);
}
