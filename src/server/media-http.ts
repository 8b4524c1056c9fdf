import { createServer } from "node:http";
import type { OriginHandler } from "../origin/origin.ts";
import { answerLive } from "./health.ts";
import { baseUrl, closeServer, listen, type RunningServer } from "./http.ts";

export interface MediaServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly origin: OriginHandler;
}

/** Serves the media of an encoder that runs without a gateway, for the gateways. */
export async function startMediaServer({ host, port, origin }: MediaServerOptions): Promise<RunningServer> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/live/")) return void origin(request, response);
    if (request.url === "/livez") return answerLive(response);
    response.writeHead(404).end();
  });
  await listen(server, { host, port });
  return { url: baseUrl(server, host), close: () => closeServer(server) };
}
