import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isApiKey, newApiKey } from "../../src/access/api-key.rules.ts";
import { findHolder } from "../../src/database/embedded-postgres.holder.ts";
import type { PersistedManifest } from "../../src/graphql/persisted-operations.rules.ts";
import { createTestDatabase } from "../support/database.ts";
import { makeTestDirectory, signalPostgres } from "../support/own-postgres.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";

const STARTED = /The API is at (http:\S+)\/graphql/;

let directory: ReturnType<typeof makeTestDirectory>;
let dataDirectory: string;
const processes: HeadendProcess[] = [];

beforeEach(() => {
  directory = makeTestDirectory();
  dataDirectory = join(directory.path, "data");
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map(({ child, finished }) => (child.exitCode === null && child.kill("SIGKILL"), finished)));
  await expect.poll(() => findHolder(join(dataDirectory, "postgres")), { timeout: 10_000 }).toBeNull();
  directory.remove();
});

function start(environment: Readonly<Record<string, string>> = {}, words: readonly string[] = ["gateway"]): HeadendProcess {
  const started = startHeadend(words, { environment: { PORT: "0", HEADEND_DATA_DIR: dataDirectory, ...environment } });
  processes.push(started);
  return started;
}

async function urlOf(started: HeadendProcess): Promise<string> {
  return (await started.wrote(STARTED))[1] ?? "";
}

async function callerLevel(url: string, key: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ query: "{ caller { accessLevel organization { name packages } } }" }),
  });
  return await response.json();
}

const ADMIN_OF_DEFAULT = {
  data: {
    caller: {
      accessLevel: "ADMIN",
      organization: { name: "Default", packages: expect.arrayContaining(["LIVE_PROCESSING", "EVENTS"]) as unknown },
    },
  },
};

describe("a gateway that runs listed operations alone", () => {
  it("finds its list beside what was built", async () => {
    const started = start({ HEADEND_PERSISTED_OPERATIONS: "only" });
    const url = await urlOf(started);
    const key = readFileSync(join(dataDirectory, "admin-key"), "utf8").trim();
    const manifest = JSON.parse(readFileSync("schema/persisted-operations.json", "utf8")) as PersistedManifest;
    const { id } = manifest.operations.find(({ name }) => name === "WhoAmI")!;
    const ask = async (body: object): Promise<unknown> => {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return response.json();
    };
    expect(await ask({ documentId: `sha256:${id}` })).toMatchObject({ data: { caller: { accessLevel: "ADMIN" } } });
    expect(await ask({ query: "{ changeCursor }" })).toMatchObject({ errors: [{ extensions: { code: "OPERATION_NOT_ALLOWED" } }] });
  });
});

describe("a first start", () => {
  it("shows its key even when the port turns out to be taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { code, output, errors } = await start({ PORT: String(port) }).finished;
    server.close();
    expect(code).toBe(1);
    expect(errors).toContain("PORT");
    expect(output).toContain(readFileSync(join(dataDirectory, "admin-key"), "utf8").trim());
  });

  it("names the setting of a database that cannot be reached", async () => {
    const { code, errors } = await start({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" }).finished;
    expect(code).toBe(1);
    expect(errors).toContain("DATABASE_URL");
  });

  it("makes an organization and a key that opens it, shown once and kept for the owner alone", async () => {
    const first = start();
    const url = await urlOf(first);
    const key = readFileSync(join(dataDirectory, "admin-key"), "utf8").trim();
    expect(isApiKey(key)).toBe(true);
    expect(first.output()).toContain(key);
    expect(await callerLevel(url, key)).toEqual(ADMIN_OF_DEFAULT);
    for (const file of ["admin-key", "secret-key"]) expect(statSync(join(dataDirectory, file)).mode & 0o077).toBe(0);
    expect(await first.stop()).toMatchObject({ code: 0, errors: "" });

    const second = start();
    expect(await callerLevel(await urlOf(second), key)).toEqual(ADMIN_OF_DEFAULT);
    expect(second.output()).not.toContain("hek_");
  });

  it("makes the key of HEADEND_ADMIN_KEY, and tells it to nobody", async () => {
    const key = newApiKey();
    const first = start({ HEADEND_ADMIN_KEY: key });
    expect(await callerLevel(await urlOf(first), key)).toEqual(ADMIN_OF_DEFAULT);
    const { output, errors } = await first.stop();
    expect(output).toContain("Its ADMIN key is that of HEADEND_ADMIN_KEY");
    expect(output + errors).not.toContain(key);
  });

  it("is made once by three gateways that start at once on one empty database", async () => {
    const { url, drop } = await createTestDatabase();
    try {
      const gateways = [1, 2, 3].map((number) => start({ DATABASE_URL: url, HEADEND_DATA_DIR: join(dataDirectory, String(number)) }));
      const urls = await Promise.all(gateways.map(urlOf));
      const makers = gateways.filter((gateway) => gateway.output().includes("First start"));
      expect(makers).toHaveLength(1);
      const key = /hek_\w+/.exec(makers[0]?.output() ?? "")?.[0] ?? "";
      expect(await Promise.all(urls.map((each) => callerLevel(each, key)))).toEqual([ADMIN_OF_DEFAULT, ADMIN_OF_DEFAULT, ADMIN_OF_DEFAULT]);
      await Promise.all(gateways.map((gateway) => gateway.stop()));
    } finally {
      await drop();
    }
  });
});

describe("a second start on the same data directory", () => {
  it("says who holds it, and ends with 1", async () => {
    const first = start();
    await urlOf(first);
    const second = await start().finished;
    expect(second.code).toBe(1);
    expect(second.errors).toContain(`held by Headend, process ${first.child.pid}, since 20`);
  });
});

describe("the end", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("comes in order with %s, and takes PostgreSQL along", async (signal) => {
    const started = start({}, ["start"]);
    await urlOf(started);
    expect(await started.stop(signal)).toMatchObject({ code: 0, errors: "" });
    expect(existsSync(join(dataDirectory, "postgres", "postmaster.pid"))).toBe(false);
  });

  it("is found again after kill -9, with all that was there", async () => {
    const first = start({}, ["start"]);
    await urlOf(first);
    await first.stop("SIGKILL");
    const key = readFileSync(join(dataDirectory, "admin-key"), "utf8").trim();
    expect(await callerLevel(await urlOf(start({}, ["start"])), key)).toEqual(ADMIN_OF_DEFAULT);
  });
});

describe("an encoder alone", () => {
  it("works beside the gateway of its data directory", async () => {
    const gateway = start();
    const url = await urlOf(gateway);
    const encoder = start({}, ["encoder", "--simulate", "5"]);
    await encoder.wrote(/"msg":"started"/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await encoder.stop()).toMatchObject({ code: 0 });
  });

  it("says which database it wants when there is none", async () => {
    const { code, errors } = await start({}, ["encoder"]).finished;
    expect(code).toBe(1);
    expect(errors).toMatch(/DATABASE_URL/);
    expect(errors).not.toMatch(/\bat .*\.js/);
  });
});

it("starts without ffmpeg and says what is missing", async () => {
  const started = start({ HEADEND_FFMPEG: "/nonexistent/ffmpeg" }, ["start"]);
  await urlOf(started);
  await started.wrote(/no ffmpeg/);
});

it(
  "answers callers with SERVICE_UNAVAILABLE within 5 s while its PostgreSQL is frozen, and as before when it thaws",
  { timeout: 40_000 },
  async () => {
    const started = start({}, ["start"]);
    const url = await urlOf(started);
    const key = readFileSync(join(dataDirectory, "admin-key"), "utf8").trim();
    expect(await callerLevel(url, key)).toEqual(ADMIN_OF_DEFAULT);
    const postmaster = findHolder(join(dataDirectory, "postgres"))?.postmasterPid ?? 0;
    signalPostgres(postmaster, "SIGSTOP");
    try {
      const frozenAt = Date.now();
      expect(await callerLevel(url, key)).toMatchObject({ errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] });
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      expect((await fetch(`${url}/livez`)).status).toBe(200);
      expect(Date.now() - frozenAt).toBeLessThan(5_000);
    } finally {
      signalPostgres(postmaster, "SIGCONT");
    }
    await expect.poll(() => callerLevel(url, key), { timeout: 10_000 }).toEqual(ADMIN_OF_DEFAULT);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  },
);
