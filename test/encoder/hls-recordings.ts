import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Serves HLS of 12 s that has ended, on loopback, in forms that are seldom: `encrypted`, `ranges` and `apart`, each `.m3u8`. */
export async function serveRecordings(): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), "headend-hls-"));
  writeFileSync(join(directory, "key.bin"), Buffer.alloc(16, 7));
  writeFileSync(join(directory, "key.txt"), `key.bin\n${join(directory, "key.bin")}\n`);
  const fragments = ["-hls_segment_type", "fmp4"];
  const sources = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=frequency=440"];
  const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac"];
  await run(directory, [...sources, "-t", "12", ...codec, "whole.mp4"]);
  await Promise.all([
    record(directory, ["-hls_key_info_file", join(directory, "key.txt"), "encrypted.m3u8"]),
    record(directory, [...fragments, "-hls_flags", "single_file", "ranges.m3u8"]),
    record(directory, [
      ...[...fragments, "-hls_fmp4_init_filename", "apart-%v.mp4", "-var_stream_map", "v:0,agroup:a a:0,agroup:a"],
      ...["-master_pl_name", "apart.m3u8", "apart-%v.m3u8"],
    ]),
  ]);
  const server = createServer(({ url = "", headers }, response) => {
    try {
      const bytes = readFileSync(join(directory, url));
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
      if (from === undefined) return void response.end(bytes);
      response.writeHead(206, { "content-range": `bytes ${from}-${to}/${bytes.length}` }).end(bytes.subarray(Number(from), Number(to) + 1));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function record(directory: string, own: readonly string[]): Promise<void> {
  const hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "0"];
  return run(directory, ["-i", "whole.mp4", "-map", "0:v", "-map", "0:a", "-c", "copy", ...hls, ...own]);
}

async function run(directory: string, own: readonly string[]): Promise<void> {
  await promisify(execFile)("ffmpeg", ["-v", "error", "-nostdin", ...own], { cwd: directory });
}
