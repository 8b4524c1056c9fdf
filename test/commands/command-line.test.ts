import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isApiKey } from "../../src/access/api-key.rules.ts";
import { COMMANDS } from "../../src/commands/commands.ts";
import { createGraphqlClient } from "../support/clients.ts";
import { createTestDatabase, databaseUrl } from "../support/database.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { startTestServer } from "../support/server.ts";
import { runHeadend } from "../support/process.ts";

let directory: ReturnType<typeof makeTestDirectory>;
beforeEach(() => void (directory = makeTestDirectory()));
afterEach(() => directory.remove());

function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return runHeadend(words, { environment: { HEADEND_DATA_DIR: join(directory.path, "data"), PORT: "0", ...environment } });
}

it("prints the release", async () => {
  expect(await run(["--version"])).toEqual({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as unknown, errors: "" });
});

it("prints every command with --help", async () => {
  const { code, output } = await run(["--help"]);
  expect(code).toBe(0);
  for (const { name, summary } of COMMANDS) expect(output).toMatch(new RegExp(`headend ${name}.*${summary.slice(0, 20)}`));
});

it.each(COMMANDS.map(({ name }) => name))("says what %s takes, and starts nothing", async (name) => {
  const { code, output } = await run([...name.split(" "), "--help"]);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`headend ${name}`) as unknown });
  expect(existsSync(join(directory.path, "data"))).toBe(false);
});

it.each([
  [[], /No command/],
  [["begin"], /no command “begin”/],
  [["organization"], /no command “organization”/],
  [["key", "extra"], /takes no further words/],
  [["key", "--loud"], /Unknown option '--loud'/],
  [["organization", "create"], /takes NAME/],
  [["organization", "packages", "Default", "--enable", "TELEPORT"], /no package “TELEPORT”.*EVENTS/],
  [["organization", "assets", "Default", "--days", "0"], /--days must be a whole number from 1 to 36500, off or default/],
  [["encoder", "--simulate"], /--simulate/],
  [["encoder", "--simulate", "0x10"], /from 1 to/],
])("ends %j with 2 and says what to do", async (words, message) => {
  const { code, output, errors } = await run(words);
  expect({ code, output }).toEqual({ code: 2, output: "" });
  expect(errors).toMatch(message);
  expect(errors).not.toMatch(/\n\s+at /);
});

it("ends with 1 and the variable's name when the environment is wrong", async () => {
  const { code, errors } = await run(["start"], { PORT: "many" });
  expect({ code, errors }).toEqual({ code: 1, errors: 'PORT is "many" and must be a whole number from 0 to 65535.\n' });
});

it("makes keys", async () => {
  const { output } = await run(["key"]);
  expect(isApiKey(output.trim())).toBe(true);
});

describe("organizations", () => {
  it("are made with a first key, and given packages", async () => {
    const { url, drop } = await createTestDatabase();
    const environment = { DATABASE_URL: url };
    try {
      const made = await run(["organization", "create", "Acme TV"], environment);
      expect(made).toMatchObject({ code: 0, errors: "" });
      expect(isApiKey(made.output.trim().split("\n").at(-1) ?? "")).toBe(true);
      expect(await run(["organization", "create", "ACME tv "], environment)).toMatchObject({
        code: 1,
        errors: expect.stringContaining("already") as unknown,
      });
      const switched = await run(["organization", "packages", "acme tv", "--enable", "EVENTS", "--enable", "live_processing"], environment);
      expect(switched).toMatchObject({ code: 0, output: "Acme TV: EVENTS, LIVE_PROCESSING\n" });
      expect(await run(["organization", "packages", "acme tv", "--disable", "EVENTS"], environment)).toMatchObject({
        output: "Acme TV: LIVE_PROCESSING\n",
      });
      const assets = async (...words: readonly string[]) => (await run(["organization", "assets", ...words], environment)).output;
      expect(await assets("acme tv")).toBe("Acme TV: days default, gigabytes default\n");
      expect(await assets("acme tv", "--days", "30", "--gigabytes", "OFF")).toBe("Acme TV: days 30, gigabytes off\n");
      expect(await assets("acme tv", "--days", "default")).toBe("Acme TV: days default, gigabytes off\n");
      expect(await run(["organization", "packages", "Nobody", "--enable", "EVENTS"], environment)).toMatchObject({
        code: 1,
        errors: "There is no organization named “Nobody”.\n",
      });
      expect(await run(["organization", "create", "Äther"], environment)).toMatchObject({ code: 0 });
      const listed = await run(["organization", "list"], environment);
      expect(listed).toMatchObject({ code: 0, errors: "" });
      expect(listed.output).toMatch(/^organization_\w{26} {2}Acme TV: LIVE_PROCESSING\norganization_\w{26} {2}Äther: no packages\n$/);
      expect(await run(["organization", "packages", listed.output.split(" ")[0] ?? ""], environment)).toMatchObject({
        output: "Acme TV: LIVE_PROCESSING\n",
      });
    } finally {
      await drop();
    }
  });
});

describe("an organization whose key was lost", () => {
  it("is given another one, which opens it, and its ADMINs see that it was", async () => {
    const server = await startTestServer();
    try {
      const { caller } = await server.graphql("{ caller { organization { name } } }");
      const environment = { DATABASE_URL: databaseUrl(server.address) };
      const { code, output } = await run(["organization", "key", caller.organization.name as string], environment);
      const key = output.trim().split("\n").at(-1) ?? "";
      expect({ code, isKey: isApiKey(key) }).toEqual({ code: 0, isKey: true });
      await run(["organization", "packages", caller.organization.name as string, "--disable", "EVENTS"], environment);
      const client = createGraphqlClient(server.url, key);
      const {
        auditEntries,
        apiKeys,
        caller: found,
      } = await client.graphql(
        "{ caller { accessLevel organization { id packages } } apiKeys { nodes { id name } } auditEntries { nodes { actor ipAddress verb objectIds } } }",
      );
      expect(found).toEqual({ accessLevel: "ADMIN", organization: { id: server.organizationId, packages: ["LIVE_PROCESSING"] } });
      expect(apiKeys.nodes[0].name).toBe("Made on the command line");
      expect(auditEntries.nodes).toEqual([
        { actor: "command line", ipAddress: null, verb: "UPDATE", objectIds: [server.organizationId] },
        { actor: "command line", ipAddress: null, verb: "CREATE", objectIds: [apiKeys.nodes[0].id] },
      ]);
      expect(await run(["organization", "key", "Nobody"], environment)).toMatchObject({ code: 1, output: "" });
    } finally {
      await server.stop();
    }
  });
});

it("migrates a database of its own, and again without harm", async () => {
  for (let time = 0; time < 2; time += 1)
    expect(await run(["migrate"])).toMatchObject({ code: 0, output: expect.stringContaining("up to date") as unknown });
});

describe("the doctor", () => {
  it("finds nothing missing here, and makes nothing", async () => {
    const { code, output } = await run(["doctor"]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("Nothing that is needed is missing") as unknown });
    expect(output).toMatch(/OK +ffmpeg +\d/);
    expect(existsSync(join(directory.path, "data"))).toBe(false);
  });

  it("names each thing that is missing, and what then is unavailable", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    mkdirSync(join(directory.path, "data", "postgres"), { recursive: true });
    writeFileSync(join(directory.path, "data", "postgres", "PG_VERSION"), "13\n");
    const { code, output } = await run(["doctor"], {
      HEADEND_FFMPEG: "/nonexistent",
      PORT: String((server.address() as AddressInfo).port),
    });
    server.close();
    expect(code).toBe(1);
    expect(output).toMatch(/MISSING +ffmpeg .*no session can be run/);
    expect(output).toMatch(/MISSING +database .*PostgreSQL 13.*nothing starts/);
    expect(output).toMatch(/MISSING +port .*in use.*the API is unavailable/);
    expect(output).toContain("3 things that are needed are missing");
  });

  it("warns of keys that lie in the data directory, the more when others may read them", async () => {
    const data = join(directory.path, "data");
    mkdirSync(data, { recursive: true });
    for (const name of ["admin-key", "secret-key"]) writeFileSync(join(data, name), "x", { mode: 0o600 });
    const { code, output } = await run(["doctor"]);
    expect(code).toBe(0);
    expect(output).toMatch(/CAUTION +admin-key .*opens everything.*delete this file/);
    expect(output).not.toContain("chmod");
    chmodSync(join(data, "secret-key"), 0o644);
    expect((await run(["doctor"])).output).toMatch(/CAUTION +secret-key .*chmod 600/);
  });

  it("tells a database that cannot be reached, without its password", async () => {
    const { code, output } = await run(["doctor"], { DATABASE_URL: "postgres://headend:hunter2@127.0.0.1:1/headend" });
    expect(code).toBe(1);
    expect(output).toMatch(/MISSING +database .*cannot be used/);
    expect(output).not.toContain("hunter2");
  });

  it("tells a multicast interface that this machine does not have, which is no reason not to start", async () => {
    const { code, output } = await run(["doctor"], { HEADEND_MULTICAST_INTERFACE: "203.0.113.7" });
    expect(code).toBe(0);
    expect(output).toMatch(/LIMITED +multicast +203\.0\.113\.7 .*MULTICAST_PULL receives nothing/);
  });

  it("tells which pushed inputs cannot be taken, and why, which is no reason not to start", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { code, output } = await run(["doctor"], { HEADEND_RTMP_PORT: String(port), HEADEND_SRT_PORT: "off" });
    server.close();
    expect(code).toBe(0);
    expect(output).toMatch(/LIMITED +push inputs +RTMP_PUSH cannot run: .*EADDRINUSE.*HEADEND_RTMP_PORT/);
    expect(output).toMatch(/LIMITED +push inputs +HEADEND_SRT_PORT is off/);
    expect((await run(["doctor"])).output).toMatch(/OK +push inputs +can be taken at rtmp:.*, srt:/);
  });

  it("tells every wrong variable", async () => {
    const { code, output } = await run(["doctor"], { PORT: "many", HEADEND_REGION: "EU!" });
    expect(code).toBe(1);
    expect(output).toMatch(/MISSING +environment +PORT/);
    expect(output).toMatch(/MISSING +environment +HEADEND_REGION/);
  });
});
