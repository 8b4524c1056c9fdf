import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { S3Settings } from "../../src/storage/s3-storage.ts";
import { eventually } from "./media.ts";
import { follow, tied } from "./tied.ts";

const run = promisify(execFile);

/** A real S3-compatible object store: OpenStack Swift of Debian with its S3 API, on loopback, with an empty bucket. */
export interface ObjectStore {
  readonly settings: S3Settings;
  /** Stops answering, and answers again. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly close: () => Promise<void>;
}

const PACKAGES = "swift-proxy swift-account swift-container swift-object";
const SERVERS = ["account", "container", "object"] as const;
const KEYS = { accessKeyId: "test:tester", secretAccessKey: "testing" };
const FILTERS = ["catch_errors", "gatekeeper", "healthcheck", "listing_formats", "cache", "s3api", "tempauth", "bulk", "slo", "dlo"];

/** It wants a memcached, and does without one that does not answer. */
const EGGS: Readonly<Record<string, string>> = { cache: "memcache" };
const SETTINGS: Readonly<Record<string, string>> = {
  cache: "memcache_servers = 127.0.0.1:1\n",
  tempauth: "user_test_tester = testing .admin\n",
};

export async function startObjectStore(): Promise<ObjectStore> {
  await run("swift-proxy-server", ["--help"]).catch(() => {
    throw new Error(
      `OpenStack Swift is missing, an object store to test with. Install it: apt-get install ${PACKAGES} (script/test-peers does so).`,
    );
  });
  const root = mkdtempSync(join(tmpdir(), "headend-swift-"));
  mkdirSync(join(root, "devices", "d1"), { recursive: true });
  writeFileSync(
    join(root, "swift.conf"),
    "[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n[storage-policy:0]\nname = only\ndefault = yes\n",
  );
  const common = (port: number) =>
    `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nworkers = 0\nuser = ${userInfo().username}\nswift_dir = ${root}\nlog_level = WARNING\n`;
  const children: ChildProcess[] = [];
  const [port = 0, ...ports] = await freeTcpPorts(SERVERS.length + 1);
  for (const [index, name] of SERVERS.entries()) {
    const own = ports[index] ?? 0;
    const builder = join(root, `${name}.builder`);
    await run("swift-ring-builder", [builder, "create", "4", "1", "0"]);
    await run("swift-ring-builder", [builder, "add", `r1z1-127.0.0.1:${own}/d1`, "1"]);
    await run("swift-ring-builder", [builder, "rebalance"]);
    const app = `[pipeline:main]\npipeline = ${name}-server\n[app:${name}-server]\nuse = egg:swift#${name}\nfallocate_reserve = 0\n`;
    writeFileSync(join(root, `${name}.conf`), `${common(own)}devices = ${join(root, "devices")}\nmount_check = false\n${app}`);
    children.push(startServer(name, root));
  }
  const filters = FILTERS.map(
    (name) => `[filter:${name}]
use = egg:swift#${EGGS[name] ?? name}
${SETTINGS[name] ?? ""}`,
  ).join("");
  const account = "account_autocreate = true\nallow_account_management = true\n";
  writeFileSync(
    join(root, "proxy.conf"),
    `${common(port)}[pipeline:main]\npipeline = ${FILTERS.join(" ")} proxy-server\n[app:proxy-server]\nuse = egg:swift#proxy\n${account}${filters}`,
  );
  const proxy = startServer("proxy", root);
  children.push(proxy);
  const endpoint = `http://127.0.0.1:${port}`;
  const settings: S3Settings = {
    endpoint,
    bucket: "assets",
    region: "us-east-1",
    isPathStyle: true,
    prefix: "installation",
    ...KEYS,
  };
  const client = new S3Client({ endpoint, region: settings.region, forcePathStyle: true, credentials: KEYS });
  const bucket = { Bucket: settings.bucket };
  const object = { ...bucket, Key: "first" };
  await eventually("the object store takes a bucket", () => client.send(new CreateBucketCommand(bucket)), 120_000);
  // Another of its servers keeps what is in it.
  await eventually("it takes an object", () => client.send(new PutObjectCommand({ ...object, Body: "first" })), 60_000);
  await client.send(new DeleteObjectCommand(object));
  client.destroy();
  return {
    settings,
    pause: () => void proxy.kill("SIGSTOP"),
    resume: () => void proxy.kill("SIGCONT"),
    async close() {
      proxy.kill("SIGCONT");
      await Promise.all(
        children.map(async (child) => {
          const ended = once(child, "close");
          child.kill("SIGKILL");
          await ended;
        }),
      );
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function startServer(name: string, root: string): ChildProcess {
  const { command, words } = tied(`swift-${name}-server`, [join(root, `${name}.conf`)]);
  const child = spawn(command, words, { stdio: ["ignore", "ignore", "ignore"] });
  follow(child);
  return child;
}

/** So many, each another one: they are given back together. */
async function freeTcpPorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
