// PostGraphile makes its schema of the tables: it has other names, and shows what the addresses of players are made of.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgSmartTagsPlugin } from "postgraphile/utils";
import { order, tellPort } from "./serve.js";

// It asks for Node 22, of which this is all that it uses.
Promise.withResolvers ??= () => {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

const { socketDirectory, port, user, database } = order.address;
const service = postgraphile({
  extends: [PostGraphileAmberPreset],
  // The table of alerts has no reference, since alerts outlive their sessions.
  plugins: [makePgSmartTagsPlugin([{ kind: "class", match: "alerts", tags: { foreignKey: "(session_id) references sessions (id)" } }])],
  // Else only what an index begins with can be ordered by, and a severity is not.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({
      connectionString: `postgres://${user}@${encodeURIComponent(socketDirectory)}:${port}/${database}`,
      schemas: ["public"],
      poolConfig: { max: order.connections },
    }),
  ],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
});
const server = createServer();
await service.createServ(grafserv).addTo(server);
server.listen(0, "127.0.0.1", () => tellPort(/** @type {import("node:net").AddressInfo} */ (server.address()).port));
