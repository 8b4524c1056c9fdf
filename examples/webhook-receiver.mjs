// Takes a webhook's messages, checks that they are Headend's, and prints each once: node examples/webhook-receiver.mjs SECRET [PORT]
// The secret is what createWebhook answered; `npm install standardwebhooks` where this is not Headend's own folder.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const [secret = "", port = "8080"] = process.argv.slice(2);
const webhook = new Webhook(secret);
/** Messages come at least once: who has to act once keeps the ids where the deeds are kept. */
const seen = new Set();

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  try {
    const message = webhook.verify(body, request.headers);
    if (!seen.has(request.headers["webhook-id"])) console.log(JSON.stringify(message));
    seen.add(request.headers["webhook-id"]);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
