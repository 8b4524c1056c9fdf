import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { decodeAmf, isAmfObject, type AmfValue } from "../../src/rtmp/amf0.rules.ts";
import { ChunkReader } from "../../src/rtmp/chunk-reader.ts";
import { amfPayload, commandMessage, encodeMessage, MessageType } from "../../src/rtmp/message.rules.ts";

const SALT = "5aLt";
const OPAQUE = "0pAqUe==";

/** A receiver that asks for a user and password in the way of Adobe's server; it takes media and forgets it. */
export async function startPasswordReceiver({ userName, password }: { readonly userName: string; readonly password: string }) {
  const published: string[] = [];
  const sockets = new Set<Socket>();
  const md5 = (text: string): string => createHash("md5").update(text).digest("base64");

  function refusal(application: string): string | null {
    const rejected = "[ AccessManager.Reject ] : ";
    const values = new Map(
      (application.split("?")[1] ?? "").split("&").map((part) => part.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    if (!values.has("user")) return `${rejected}[ code=403 need auth; authmod=adobe ] : `;
    const asked = `user=${values.get("user")}&salt=${SALT}&challenge=${OPAQUE}&opaque=${OPAQUE}`;
    if (!values.has("response")) return `${rejected}[ authmod=adobe ] : ?reason=needauth&${asked}`;
    const hashed = md5(md5(`${userName}${SALT}${password}`) + OPAQUE + values.get("challenge"));
    const isRight = values.get("user") === userName && values.get("response") === hashed;
    return isRight ? null : `${rejected}[ authmod=adobe ] : ?reason=authfailed&opaque=${OPAQUE}`;
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    const reader = new ChunkReader(8_000_000);
    const send = (...values: AmfValue[]): void => void socket.write(encodeMessage(commandMessage(values), 128));
    let greeting: Buffer | null = Buffer.alloc(0);
    let isGreeted = false;

    function answer([name, transaction = 0, ...values]: readonly AmfValue[]): void {
      if (name === "connect") {
        const application = isAmfObject(values[0]) ? String(values[0]["app"]) : "";
        const description = refusal(application);
        if (description === null) send("_result", transaction, {}, { level: "status", code: "NetConnection.Connect.Success" });
        else {
          send("_error", transaction, null, { level: "error", code: "NetConnection.Connect.Rejected", description });
          socket.end();
        }
      } else if (name === "createStream") send("_result", transaction, null, 1);
      else if (name === "publish") {
        published.push(String(values[1]));
        send("onStatus", 0, null, { level: "status", code: "NetStream.Publish.Start", description: "Go." });
      }
    }

    socket.on("data", (chunk: Buffer) => {
      let rest = chunk;
      if (greeting) {
        greeting = Buffer.concat([greeting, chunk]);
        if (!isGreeted && greeting.length >= 1_537) {
          socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1_536), greeting.subarray(1, 1_537)]));
          isGreeted = true;
        }
        if (greeting.length < 3_073) return;
        rest = greeting.subarray(3_073);
        greeting = null;
      }
      for (const message of reader.push(rest)) if (message.type === MessageType.COMMAND) answer(decodeAmf(amfPayload(message)));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    /** Names of the streams that were let in. */
    published,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
