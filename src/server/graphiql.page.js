// The page for browsers at GET /graphql; bundled by script/build-graphiql.js. It keeps no header and loads nothing from elsewhere.
import { GraphiQL } from "graphiql";
import "graphiql/graphiql.css";
import { Kind, parse } from "graphql";
import { createClient } from "graphql-ws";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

const FIRST_DOCUMENT = `# Put your key into the Headers editor below: { "Authorization": "Bearer hek_…" }
# Then fetch the schema with the arrows at the lower left. The key is used for subscriptions
# as well, and forgotten when the page is closed.

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

/** The editor's own idea of the operation lags behind what was just typed. */
function chosenOperation({ query, operationName }) {
  const operations = parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return operations.length === 1 ? operations[0] : operations.find(({ name }) => name?.value === operationName);
}

function fetcher(params, { headers = {} } = {}) {
  const operation = chosenOperation(params);
  const request = { ...params, operationName: operation?.name?.value };
  return operation?.operation === "subscription" ? subscribe(request, headers) : post(request, headers);
}

const REMEMBERED = new Set(["graphiql:query", "graphiql:variables", "graphiql:theme"]);

/** Only what holds no key outlives the page: the history keeps headers with every document, whatever it was told about headers. */
function createStorage() {
  const forgotten = new Map();
  const remembers = (name) => REMEMBERED.has(name);
  return {
    get length() {
      return forgotten.size;
    },
    getItem: (name) => (remembers(name) ? localStorage.getItem(name) : (forgotten.get(name) ?? null)),
    setItem: (name, value) => (remembers(name) ? localStorage.setItem(name, value) : void forgotten.set(name, value)),
    removeItem: (name) => (remembers(name) ? localStorage.removeItem(name) : void forgotten.delete(name)),
    clear: () => {
      forgotten.clear();
      REMEMBERED.forEach((name) => localStorage.removeItem(name));
    },
  };
}

createRoot(document.getElementById("graphiql")).render(
  createElement(GraphiQL, {
    fetcher,
    storage: createStorage(),
    defaultQuery: FIRST_DOCUMENT,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: "headers",
  }),
);
