// The same as subscribe.mjs without a WebSocket: node examples/subscribe-sse.mjs http://127.0.0.1:4000 "$(cat data/admin-key)"
// `npm install graphql-sse` where this is not Headend's own folder.
import { createClient } from "graphql-sse";

const [url, key] = process.argv.slice(2);
const client = createClient({
  url: `${url}/graphql/stream`,
  headers: { authorization: `Bearer ${key}` },
  retryAttempts: Infinity,
});

const variables = { after: null, snapshot: true };
const query = `subscription ($after: Cursor, $snapshot: Boolean) {
  sessionChanges(after: $after, snapshot: $snapshot) { cursor kind at status health session { name statusReason } }
}`;

client.subscribe(
  { query, variables },
  {
    next({ data, errors }) {
      if (errors) return console.error(errors);
      const { cursor, ...change } = data.sessionChanges;
      variables.after = cursor;
      console.log(JSON.stringify(change));
    },
    error: (reason) => console.error("The subscription ended:", reason),
    complete: () => console.log("The subscription ended."),
  },
);
