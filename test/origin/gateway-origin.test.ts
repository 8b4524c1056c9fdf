import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Executor } from "../../src/database/database.ts";
import { registerEncoder } from "../../src/encoder/encoder.store.ts";
import { SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { createVault } from "../../src/access/vault.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { signedUrlEnd } from "../../src/access/signed-hour.rules.ts";
import { signLivePath } from "../../src/origin/origin.rules.ts";
import { createGatewayOrigin } from "../../src/origin/gateway-origin.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";

const FORWARDED = { "x-headend-forwarded": "1" };

interface Gateway {
  readonly encoderId: string;
  readonly url: string;
  readonly mediaRoot: string;
}

let test: TestDatabase;
let world: World;
let directory: string;
let token = "";
const servers: Server[] = [];
let gateways: readonly Gateway[] = [];

beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
  directory = mkdtempSync(join(tmpdir(), "headend-gateways-"));
  const [id] = await world.createSessions(1);
  const rows = await test.database.executor.execute<{ path_token: string }>(sql`select path_token from playbacks where session_id = ${id}`);
  token = rows[0]!.path_token;
  gateways = await Promise.all(["one", "two"].map((name) => startGateway(name, test.database.executor)));
  await test.database.transaction("register", async (transaction) => {
    for (const { encoderId, url } of gateways)
      await registerEncoder(transaction, { id: encoderId, name: encoderId, region: "local", isSimulated: false, mediaAddress: url, ingestAddresses: {}, capacity: 1, capabilities: SIMULATED_CAPABILITIES, version: "test" }); // prettier-ignore
  });
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(directory, { recursive: true, force: true });
  await world.close();
  await test.close();
});

const vault = createVault(Buffer.alloc(32, 7));
/** Sessions of whose media something was got, as the gateways tell. */
const viewed: string[] = [];

/** With an encoder of the same process, which has a file of the output. */
async function startGateway(name: string, executor: Executor): Promise<Gateway> {
  const encoderId = `encoder_${name}`;
  const mediaRoot = join(directory, name);
  mkdirSync(join(mediaRoot, "live", token), { recursive: true });
  writeFileSync(join(mediaRoot, "live", token, "index.m3u8"), name);
  const origin = createGatewayOrigin({
    signing: vault,
    clock: systemClock,
    executor,
    own: { mediaRoot, currentId: () => encoderId },
    onViewed: (id) => viewed.push(id),
  });
  const server = createServer((request, response) => void origin(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { encoderId, mediaRoot, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function ask({ url }: Gateway, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await fetch(`${url}/live/${token}/index.m3u8`, { headers });
  return response.ok ? await response.text() : String(response.status);
}

const askAll = (headers?: Readonly<Record<string, string>>) => Promise.all(gateways.map((gateway) => ask(gateway, headers)));

it("serves what the newest holder has, whichever gateway is asked and whatever the request says of itself", async () => {
  await test.database.executor.execute(sql`update sessions set encoder_id = 'encoder_one'`);
  expect(await askAll()).toEqual(["one", "one"]);
  expect(await askAll(FORWARDED)).toEqual(["one", "404"]);
  await test.database.executor.execute(sql`update sessions set encoder_id = 'encoder_two'`);
  await waitUntil(
    () => askAll(),
    (answers) => answers.every((answer) => answer === "two"),
  );
  expect(await askAll(FORWARDED)).toEqual(["404", "two"]);
});

it("serves what another gateway sends here while the database does not say who holds it", async () => {
  const away = { execute: () => Promise.reject(new Error("The database is away.")) } as unknown as Executor;
  const gateway = await startGateway("three", away);
  expect([await ask(gateway), await ask(gateway, FORWARDED)]).toEqual(["500", "three"]);
});

it("tells once who got something of an event that is live, and of nothing else", async () => {
  await test.database.executor.execute(sql`update sessions set encoder_id = 'encoder_two'`);
  await waitUntil(
    () => askAll(),
    (answers) => answers.every((answer) => answer === "two"),
  );
  expect(viewed).toEqual([]);
  const [session] = await test.database.executor.execute<{ id: string }>(sql`update sessions set on_air = 'LIVE' returning id`);
  // Each of them hears of it in its own time.
  await waitUntil(
    async () => {
      viewed.length = 0;
      return [await askAll(), viewed.length] as const;
    },
    ([, count]) => count === 2,
  );
  const missing = gateways.map(({ url }) => fetch(`${url}/live/${token}/none.m3u8`));
  const heads = gateways.map(({ url }) => fetch(`${url}/live/${token}/index.m3u8`, { method: "HEAD" }));
  expect((await Promise.all([...missing, ...heads])).map(({ status }) => status)).toEqual([404, 404, 200, 200]);
  expect(viewed).toEqual([session!.id, session!.id]);
  // An operator who looks in is no viewer.
  const preview = signLivePath(vault, { grant: "PREVIEW", token, file: "index.m3u8", expiresAt: signedUrlEnd(new Date()) });
  expect((await Promise.all(gateways.map(({ url }) => fetch(`${url}${preview}`)))).map(({ status }) => status)).toEqual([200, 200]);
  expect(viewed.length).toBe(2);
});
