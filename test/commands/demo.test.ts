import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, probe, processesWith } from "../support/media.ts";
import { startHeadend } from "../support/process.ts";

let temporary = "";
beforeEach(() => void (temporary = mkdtempSync(join(tmpdir(), "headend-demo-test-"))));
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

it("shows the example end to end, and leaves nothing behind when it is asked to end", async () => {
  const demo = startHeadend(["demo"], { environment: { PORT: "0", TMPDIR: temporary } });
  await demo.wrote(/Imported from .*Channel 1.*Channel 2.*Channel 3/);
  const [, group = ""] = await demo.wrote(/udp:\/\/(\S+):5004/);
  await eventually(
    "all three run",
    () => ["1", "2", "3"].every((number) => new RegExp(`Channel ${number}  RUNNING OK`).test(demo.output())),
    45_000,
  );
  const [, hls = ""] = await demo.wrote(/HLS +(http\S+)/);
  const streams = await probe(hls);
  expect(streams.map(({ codec_type }) => codec_type).slice(0, 2)).toEqual(["video", "audio"]);
  const [, dash = ""] = await demo.wrote(/DASH +(http\S+)/);
  expect((await eventually("a playable manifest", () => probe(dash))).length).toBe(3);

  const { code, errors } = await demo.stop("SIGINT");
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(await processesWith(group)).toEqual([]);
  expect(await processesWith(temporary)).toEqual([]);
  expect(existsSync(temporary) && readdirSync(temporary)).toEqual([]);
}, 90_000);
