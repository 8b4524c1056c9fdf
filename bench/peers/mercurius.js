import fastify from "fastify";
import mercurius from "mercurius";
import { readPage, readPlaybacks, readTemplates, readTopAlerts, SCHEMA } from "./session-reads.js";
import { tellPort } from "./serve.js";

/** @typedef {{ obj: Record<string, string> }[]} Queries */
const idsOf = (/** @type {Queries} */ queries, /** @type {string} */ name) => queries.map(({ obj }) => obj[name] ?? "");

const server = fastify();
await server.register(mercurius, {
  schema: SCHEMA,
  jit: 1,
  resolvers: { Query: { sessions: (_, given) => readPage(given) } },
  loaders: {
    Session: {
      playbacks: (/** @type {Queries} */ queries) => readPlaybacks(idsOf(queries, "id")),
      topAlert: (/** @type {Queries} */ queries) => readTopAlerts(idsOf(queries, "id")),
    },
    Playback: { template: (/** @type {Queries} */ queries) => readTemplates(idsOf(queries, "template_id")) },
  },
});
await server.listen({ host: "127.0.0.1", port: 0 });
tellPort(server.addresses()[0]?.port ?? 0);
