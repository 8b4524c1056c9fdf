import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EncoderCapabilities } from "../encoder/capabilities.ts";
import { spawnFfmpeg } from "../encoder/ffmpeg.process.ts";
import { openProcessRecords } from "../encoder/process-record.ts";

/** Where the sessions of `examples/sessions.csv` listen; with no time to live, it stays on this machine. */
const TARGET = "udp://239.255.42.1:15000?localaddr=127.0.0.1&pkt_size=1316&ttl=0";

export interface TestPicture {
  /** Resolves with its last line when the sender ended without being asked. */
  readonly lost: Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Sends a test picture and a tone as MPEG-TS by multicast on the loopback interface, until it is stopped or we are gone. */
export async function sendTestPicture(capabilities: EncoderCapabilities, directory: string): Promise<TestPicture | null> {
  if (capabilities.ffmpegPath === null) return null;
  const records = join(directory, "test-picture");
  await mkdir(records, { recursive: true });
  const sender = spawnFfmpeg(
    { setprivPath: capabilities.setprivPath, records: openProcessRecords(records) },
    {
      binary: capabilities.ffmpegPath,
      arguments: [
        ...["-hide_banner", "-nostdin", "-loglevel", "error"],
        ...["-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"],
        ...["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"],
        ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-b:v", "1M", "-g", "50"],
        ...["-c:a", "aac", "-b:a", "128k", "-f", "mpegts", TARGET],
      ],
    },
  );
  return {
    lost: sender.ended.then(({ lastLine }) => lastLine ?? "it said nothing"),
    async stop() {
      sender.kill();
      await sender.ended;
    },
  };
}
