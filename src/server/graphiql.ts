import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Where the page's files were built to, whether this runs from the sources or from what was built of them. */
const DIRECTORY = new URL(import.meta.url.endsWith(".ts") ? "../../dist/graphiql/" : "../graphiql/", import.meta.url);

/** Nothing from elsewhere, nothing inline, and in nobody's frame. */
const SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const FILES: Readonly<Record<string, string>> = {
  "graphiql.js": "text/javascript; charset=utf-8",
  "graphiql.css": "text/css; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Headend API</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/graphiql/graphiql.css" />
    <link rel="stylesheet" href="/graphiql/page.css" />
  </head>
  <body>
    <div id="graphiql">The page is loading.</div>
    <script src="/graphiql/graphiql.js"></script>
  </body>
</html>
`;

const PAGE_STYLE = "html, body, #graphiql { height: 100%; margin: 0; }\n";

/** A browser that opens the API's address, or one of the page's own files. */
export function isGraphiqlRequest(request: IncomingMessage, { pathname, searchParams }: URL): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  if (pathname.startsWith("/graphiql/")) return true;
  return pathname === "/graphql" && (request.headers.accept ?? "").includes("text/html") && !searchParams.has("query");
}

export async function answerGraphiql(response: ServerResponse, { pathname }: URL): Promise<void> {
  response.setHeader("content-security-policy", SECURITY_POLICY);
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cache-control", "no-cache");
  if (pathname === "/graphql") {
    response.setHeader("vary", "accept");
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(PAGE);
    return;
  }
  const name = pathname.slice("/graphiql/".length);
  const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  const content = type && (await readPageFile(name));
  if (type && content) response.writeHead(200, { "content-type": type }).end(content);
  else
    response
      .writeHead(404, { "content-type": "text/plain; charset=utf-8" })
      .end("No such file. `npm run build` makes this page's files.\n");
}

async function readPageFile(name: string): Promise<Buffer | string | null> {
  if (name === "page.css") return PAGE_STYLE;
  return readFile(new URL(name, DIRECTORY)).catch(() => null);
}
