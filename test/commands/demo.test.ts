import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, probe } from "../support/media.ts";
import { processesWith } from "../support/process-list.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";

let temporary = "";
beforeEach(() => void (temporary = mkdtempSync(join(tmpdir(), "headend-demo-test-"))));
let demo: HeadendProcess | null = null;
afterEach(async () => {
  // It ends itself in order; what does not is killed.
  const deadline = setTimeout(() => demo?.child.kill("SIGKILL"), 8_000);
  await demo?.stop();
  clearTimeout(deadline);
  demo = null;
  rmSync(temporary, { recursive: true, force: true });
});

it("shows the example end to end, and leaves nothing behind when it is asked to end", async () => {
  demo = startHeadend(["demo"], { environment: { PORT: "0", TMPDIR: temporary } });
  await demo.wrote(/Imported from .*Channel 1.*Channel 2.*Channel 3/);
  const [, group = ""] = await demo.wrote(/udp:\/\/(\S+):5004/);
  await eventually(
    "all three run",
    () => ["1", "2", "3"].every((number) => new RegExp(`Channel ${number}  RUNNING OK`).test(demo?.output() ?? "")),
    45_000,
  );
  const [, hls = ""] = await demo.wrote(/HLS +(http\S+)/);
  const streams = await probe(hls);
  expect(streams.map(({ codec_type }) => codec_type).slice(0, 2)).toEqual(["video", "audio"]);
  const [, dash = ""] = await demo.wrote(/DASH +(http\S+)/);
  expect((await eventually("a playable manifest", () => probe(dash))).length).toBe(3);

  const { code, errors } = await demo.stop("SIGINT");
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(processesWith(group)).toEqual([]);
  expect(processesWith(temporary)).toEqual([]);
  expect(existsSync(temporary) && readdirSync(temporary)).toEqual([]);
});
