import type { IncomingMessage, ServerResponse } from "node:http";

/** A browser that opens the API's address, or one of the page's own files. */
export function isGraphiqlRequest(request: IncomingMessage, pathname: string): boolean {
  if (request.method !== "GET") return false;
  if (pathname.startsWith("/graphiql/")) return true;
  const { accept = "" } = request.headers;
  return pathname === "/graphql" && accept.includes("text/html") && !(request.url ?? "").includes("query=");
}

export async function answerGraphiql(_request: IncomingMessage, response: ServerResponse, _pathname: string): Promise<void> {
  response.writeHead(404).end();
}
