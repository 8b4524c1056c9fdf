import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/media.ts";
import { serveRecordings } from "./hls-recordings.ts";
import { openIngestBench } from "./ingest-harness.ts";

let bench: Awaited<ReturnType<typeof openIngestBench>>;
let web: Awaited<ReturnType<typeof serveRecordings>>;
beforeAll(async () => {
  bench = await openIngestBench();
  web = await serveRecordings();
});
afterAll(async () => {
  await bench.close();
  await web.close();
});

describe.concurrent("HLS inputs", () => {
  it.each([
    ["that are encrypted", "encrypted"],
    ["in byte ranges of one file", "ranges"],
    ["with their sound apart", "apart"],
  ])("%s come in", async (_, name) => {
    const running = bench.start({ type: "HLS_PULL", url: `${web.url}/${name}.m3u8` });
    await eventually("some seconds", () => running.bytes().length > 150_000);
    expect((await running.probe()).map(({ codec_name }) => codec_name)).toEqual(["h264", "aac"]);
  });
});
