import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Observation, OutputLaunch } from "../../src/encoder/runner.ts";
import { eventually, freeMulticast, startMulticastSender } from "../support/media.ts";
import { httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";

const run = promisify(execFile);

let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench();
});
afterAll(() => bench.close());

const isFine = ({ status, health, playbacks }: Observation): boolean =>
  status === "RUNNING" && health === "OK" && playbacks.every((playback) => playback.status === "RUNNING" && playback.health === "OK");

interface ReceivedProgram {
  readonly program_num: number;
  readonly tags: { readonly service_provider: string };
  readonly streams: readonly { readonly codec_name: string; readonly width?: number }[];
}

/** What arrives at a receiver's URL, as ffprobe sees it. */
async function receive(url: string): Promise<ReceivedProgram> {
  const shown = "program=program_num:program_tags=service_provider:program_stream=codec_name,width";
  const words = ["-v", "quiet", "-analyzeduration", "3000000", "-show_entries", shown, "-of", "json", url];
  const { stdout } = await run("ffprobe", words, { timeout: 12_000 });
  const [program] = (JSON.parse(stdout) as { programs: ReceivedProgram[] }).programs;
  if (!program) throw new Error(`Nothing was received: ${stdout}`);
  return program;
}

function feedOutput(type: OutputLaunch["type"], urls: readonly string[], own: Partial<OutputLaunch> = {}): OutputLaunch {
  return httpOutput({ playbackId: `playback_${type}`, name: type, type, urls, hlsEnabled: false, ...own });
}

it("MULTICAST: each rendition to its own group, with its service", async () => {
  const [source, first, second, third] = await Promise.all([freeMulticast(), freeMulticast(), freeMulticast(), freeMulticast()]);
  const sender = startMulticastSender(source);
  const urlOf = ({ address, port }: typeof source): string => `udp://${address}:${port}`;
  const ladder = feedOutput("MULTICAST", [`${urlOf(first)}?ttl=0`, `${urlOf(second)}?ttl=0`], {
    renditions: [passthrough, rendition()],
    serviceProvider: "Köln | TV: [one]=a,b 'c'",
    programNumber: 4711,
  });
  const other = feedOutput("MULTICAST", [`${urlOf(third)}?ttl=0&pkt_size=376`], { playbackId: "other", serviceProvider: "Other" });
  const { session, until } = bench.start(launchOf({ urlA: urlOf(source) }, [ladder, httpOutput(), other]));
  await until("the session runs", isFine);
  const received = await Promise.all([first, second, third].map((group) => receive(`${urlOf(group)}?localaddr=127.0.0.1`)));
  expect(received.map(({ program_num }) => program_num)).toEqual([4711, 4711, 1]);
  const provider = "Köln | TV: [one]=a,b 'c'";
  expect(received.map(({ tags }) => tags.service_provider)).toEqual([provider, provider, "Other"]);
  for (const { streams } of received) expect(streams.map(({ codec_name }) => codec_name)).toEqual(["h264", "aac"]);
  await session.stop();
  await sender.stop();
});
