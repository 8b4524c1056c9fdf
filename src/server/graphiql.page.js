// The page for browsers at GET /graphql; bundled by script/build-graphiql.js. It keeps no header and loads nothing from elsewhere.
import { GraphiQL } from "graphiql";
import "graphiql/graphiql.css";
import { getOperationAST } from "graphql";
import { createClient } from "graphql-ws";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

const FIRST_DOCUMENT = `# Put your key into the Headers editor below: { "Authorization": "Bearer hek_…" }
# It is used for subscriptions as well, and forgotten when the page is closed.

query WhoAmI {
  caller {
    organization {
      name
    }
    accessLevel
  }
}
`;

const address = new URL("/graphql", window.location.href);

async function post(params, headers) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json", ...headers },
    body: JSON.stringify(params),
  });
  return response.json();
}

function subscribe(params, headers) {
  const socketAddress = new URL(address);
  socketAddress.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const authorization = Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization")?.[1];
  return createClient({ url: socketAddress.href, connectionParams: { authorization } }).iterate(params);
}

function fetcher(params, { headers = {}, documentAST } = {}) {
  const operation = documentAST && getOperationAST(documentAST, params.operationName);
  return operation?.operation === "subscription" ? subscribe(params, headers) : post(params, headers);
}

createRoot(document.getElementById("graphiql")).render(
  createElement(GraphiQL, {
    fetcher,
    defaultQuery: FIRST_DOCUMENT,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: "headers",
  }),
);
