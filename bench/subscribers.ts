import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createBell } from "../src/changes/bell.ts";
import type { Context } from "../src/access/context.ts";
import { createSession } from "../src/sessions/create-sessions.ts";
import { createSessionInput, updateSessionInput } from "../src/sessions/session.input.ts";
import { updateSession } from "../src/sessions/update-session.ts";
import { createLog } from "../src/shared/log.ts";
import { startGateway } from "./gateway-process.ts";
import { openBenchInstallation } from "./installation.ts";
import { median, report } from "./measure.ts";
import { residentMegabytes } from "./processor-time.ts";
import { sharedNow, stampCommits, type Commit } from "./stamp-commits.ts";
import type { Arrivals, Greeting, SubscriberOrder, SubscriberReport } from "./subscriber-process.ts";

const SUBSCRIBERS = 10_000;
const ROUNDS = 5;
/** Changes of the last round, one after the other without a pause. */
const BURST = 20;

const QUERY = `subscription {
  sessionChanges(snapshot: true) { cursor kind at status health session { name statusReason } }
}`;

/** One change to 10,000 sockets of one gateway, against a bare `ws` server that broadcasts the same bytes to as many. */
export async function benchSubscribers(): Promise<void> {
  const installation = await openBenchInstallation();
  const commits: Commit[] = [];
  const database = stampCommits(installation.context.database, (commit) => commits.push(commit));
  const context = { ...installation.context, database, bell: createBell({ database, log: createLog({ level: "silent" }) }) };
  const id = await createSession(context, createSessionInput.parse({ name: "Channel", source: { type: "SRT_PUSH" }, playbacks: [] }));
  if (id === null) throw new Error("No session was made");
  const gateway = await startGateway(installation, { HEADEND_SOCKETS_PER_CALLER: "off", HEADEND_SOCKETS_PER_ADDRESS: "off" });
  const bare = fork(join(import.meta.dirname, "broadcast-process.js"));
  const [port] = (await once(bare, "message")) as [number];

  const before = residentMegabytes(gateway.process);
  const subscribers = await openSubscribers(`${gateway.url.replace("http", "ws")}/graphql`, {
    authorization: `Bearer ${installation.adminKey}`,
    query: QUERY,
  });
  const listeners = await openSubscribers(`ws://127.0.0.1:${port}`, null);
  const opened = residentMegabytes(gateway.process);

  const late: Record<"call" | "commit" | "bare", number[]> = { call: [], commit: [], bare: [] };
  let wrong = 0;
  let text = "x".repeat(400);
  for (let round = 0; round <= ROUNDS; round += 1) {
    const told = await deliver(subscribers, 1, () => change(context, id, round));
    const broadcast = await deliver(listeners, 1, () => bare.send(text));
    text = told.sample;
    wrong += told.wrong + broadcast.wrong;
    // The first round warms up and is not counted.
    if (round === 0) continue;
    const last = percentile(told);
    late.call.push(last - told.start);
    // Until then nobody may be told, and a broadcast has nothing to write.
    late.commit.push(last - (commits.at(-1)?.at ?? Number.NaN));
    late.bare.push(percentile(broadcast) - broadcast.start);
  }
  const burst = await deliver(subscribers, BURST, async () => {
    for (let count = 0; count < BURST; count += 1) await change(context, id, 100 + count);
  });
  const [fromCall, fromCommit, broadcast] = [median(late.call), median(late.commit), median(late.bare)];
  report(
    `one change to ${SUBSCRIBERS} subscribers, from its commit / bare broadcast, p99`,
    fromCommit / broadcast,
    1.5,
    `${show(fromCommit)} / ${show(broadcast)}, ${text.length} bytes`,
  );
  console.log(`     round by round: ${late.commit.map(show).join(", ")} / ${late.bare.map(show).join(", ")}`);
  console.log(`     from the call of the mutation: ${show(fromCall)}, ${(fromCall / broadcast).toFixed(2)} of the bare broadcast`);
  report("messages missed or wrong", wrong + burst.wrong, 0, `of ${(ROUNDS + 1 + BURST) * SUBSCRIBERS}`);
  report(
    "MB of the gateway",
    Math.max(opened, residentMegabytes(gateway.process)),
    500,
    `${before.toFixed(0)} before, ${opened.toFixed(0)} when all were open`,
  );
  for (const child of [subscribers, listeners, bare, gateway.process]) child.kill("SIGKILL");
  await installation.close();
}

async function openSubscribers(url: string, greeting: Greeting | null): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "subscriber-process.js"));
  await ask(child, { kind: "open", url, count: SUBSCRIBERS, greeting });
  return child;
}

async function deliver(
  subscribers: ChildProcess,
  messages: number,
  trigger: () => unknown,
): Promise<Arrivals & { readonly start: number }> {
  await ask(subscribers, { kind: "expect", messages });
  const arrived = once(subscribers, "message") as Promise<[Arrivals]>;
  const start = sharedNow();
  await trigger();
  const [arrivals] = await arrived;
  return { ...arrivals, start };
}

async function ask(child: ChildProcess, order: SubscriberOrder): Promise<SubscriberReport> {
  const answered = once(child, "message") as Promise<[SubscriberReport]>;
  child.send(order);
  return (await answered)[0];
}

/** When nearly all had it. */
function percentile({ times }: Arrivals): number {
  return times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN;
}

async function change(context: Context, id: string, count: number): Promise<void> {
  await updateSession(context, updateSessionInput.parse({ id, description: `Number ${count}` }));
}

function show(milliseconds: number): string {
  return `${Math.round(milliseconds)} ms`;
}
