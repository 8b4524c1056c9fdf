// Prints what happens to all sessions: node examples/subscribe.mjs http://127.0.0.1:4000 "$(cat data/admin-key)"
// The client reconnects by itself, and `after` makes it go on where it was: nothing is missed and nothing comes twice.
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

const [url, key] = process.argv.slice(2);
const client = createClient({
  url: `${url.replace(/^http/, "ws")}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${key}` },
  retryAttempts: Infinity,
  // Left out, it gives up for good when nobody answers at the address for a moment.
  shouldRetry: () => true,
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
