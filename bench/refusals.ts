import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { bodyOf, HOSTILE_REQUESTS } from "../test/server/hostile-requests.ts";
import { startGateway } from "./gateway-process.ts";
import { openBenchInstallation } from "./installation.ts";
import { median, report } from "./measure.ts";

const ROUNDS = 5;
const LIMIT_MILLISECONDS = 50;
/** A gateway that is ready runs by itself what requests will, for less than a second. */
const WARM_UP_MILLISECONDS = 3_000;
/** More points than the bench spends. */
const QUOTA = "999999999";

/** How long each request that was made to keep a server busy is under way until it is refused, beside a server that reads it and answers. */
export async function benchRefusals(): Promise<void> {
  const installation = await openBenchInstallation();
  const environment = { HEADEND_RATE_LIMIT: QUOTA, HEADEND_RATE_LIMIT_BURST: QUOTA };
  const gateway = await startGateway(installation, environment);
  const empty = createServer(answerEmpty).listen(0, "127.0.0.1");
  await once(empty, "listening");
  const emptyUrl = `http://127.0.0.1:${(empty.address() as AddressInfo).port}`;
  try {
    await wait(WARM_UP_MILLISECONDS);
    // What is measured is the gateway's first time, and not this client's.
    await send(emptyUrl, installation.adminKey, "{}", null);
    const refused = HOSTILE_REQUESTS.filter(({ code }) => code !== null);
    const results: { readonly name: string; readonly first: number; readonly ours: number; readonly empty: number }[] = [];
    for (const request of refused) {
      const body = bodyOf(request);
      const taken: { readonly ours: number[]; readonly empty: number[] } = { ours: [], empty: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        taken.ours.push(await send(`${gateway.url}/graphql`, installation.adminKey, body, request.code));
        taken.empty.push(await send(emptyUrl, installation.adminKey, body, null));
      }
      results.push({ name: request.name, first: taken.ours[0] ?? Number.NaN, ours: median(taken.ours), empty: median(taken.empty) });
    }
    const slowest = results.toSorted((one, other) => other.ours - one.ours);
    const [worst] = slowest;
    report(
      `ms until the slowest of ${refused.length} hostile requests is refused, median of ${ROUNDS}`,
      worst?.ours ?? Number.NaN,
      LIMIT_MILLISECONDS,
      worst?.name ?? "",
    );
    const [newest] = results.toSorted((one, other) => other.first - one.first);
    report("the same when it comes for the first time", newest?.first ?? Number.NaN, LIMIT_MILLISECONDS, newest?.name ?? "");
    for (const { name, first, ours, empty: bare } of slowest.slice(0, ROUNDS)) {
      console.log(`     ${name}: ${ours.toFixed(1)} ms, the first time ${first.toFixed(1)}, an empty HTTP server ${bare.toFixed(1)}`);
    }
    console.log(
      `     median of all: ${median(results.map(({ ours }) => ours)).toFixed(1)} ms, an empty HTTP server ${median(results.map(({ empty: bare }) => bare)).toFixed(1)}`,
    );
  } finally {
    gateway.process.kill("SIGKILL");
    empty.close();
    empty.closeAllConnections();
    await installation.close();
  }
}

/** Milliseconds until the answer is here; throws where it is none with the code. */
async function send(url: string, key: string, body: string, code: string | null): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", accept: "application/graphql-response+json" };
  const startedAt = performance.now();
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  const milliseconds = performance.now() - startedAt;
  if (code !== null && !text.includes(`"code":"${code}"`)) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return milliseconds;
}

function answerEmpty(request: IncomingMessage, response: ServerResponse): void {
  request.resume().once("end", () => response.end("{}"));
}
