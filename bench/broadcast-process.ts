// A bare `ws` server: what it is told to, it sends to every socket, as the README of the library does it.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
await once(server, "listening");
process.once("disconnect", () => process.exit());
process.on("message", (text: string) => {
  const data = Buffer.from(text);
  for (const socket of server.clients) socket.send(data, { binary: false });
});
process.send?.((server.address() as AddressInfo).port);
