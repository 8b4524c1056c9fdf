import { createServer } from "node:http";
import DataLoader from "dataloader";
import { createSchema, createYoga } from "graphql-yoga";
import { readPage, readPlaybacks, readTemplates, readTopAlerts, SCHEMA } from "./session-reads.js";
import { tellPort } from "./serve.js";

const yoga = createYoga({
  schema: createSchema({
    typeDefs: SCHEMA,
    resolvers: {
      Query: { sessions: (_, given) => readPage(given) },
      Session: {
        playbacks: ({ id }, _, context) => context.playbacks.load(id),
        topAlert: ({ id }, _, context) => context.topAlerts.load(id),
      },
      Playback: { template: ({ template_id: id }, _, context) => context.templates.load(id) },
    },
  }),
  context: () => ({
    playbacks: new DataLoader(readPlaybacks),
    topAlerts: new DataLoader(readTopAlerts),
    templates: new DataLoader(readTemplates),
  }),
  logging: false,
  graphiql: false,
  landingPage: false,
});
const server = createServer(yoga);
server.listen(0, "127.0.0.1", () => tellPort(/** @type {import("node:net").AddressInfo} */ (server.address()).port));
