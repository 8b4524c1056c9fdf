// A media runner in a process of its own, for tests that kill it: argument 1 is its directory, argument 2 the launch. Says the number of its encoder once it runs.
import { DEFAULT_PRESETS } from "../../src/encoder/ffmpeg.arguments.ts";
import type { SessionLaunch } from "../../src/encoder/runner.ts";
import { openMediaBench } from "./media-harness.ts";

const bench = await openMediaBench({ root: process.argv[2] ?? "", presets: DEFAULT_PRESETS });
const { session, until } = bench.start(JSON.parse(process.argv[3] ?? "") as SessionLaunch);
await until("it runs", ({ status, health }) => status === "RUNNING" && health === "OK", 60_000);
process.stdout.write(`${session.pids.encoder ?? 0}\n`);
