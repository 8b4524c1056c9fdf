import { findCapabilities } from "../encoder/capabilities.ts";
import type { Environment } from "../environment.ts";
import type { Finding } from "./finding.ts";

/** Finds ffmpeg, and what it cannot do. */
export async function examineFfmpeg({ ffmpegPath, searchPath }: Environment): Promise<readonly Finding[]> {
  const capabilities = await findCapabilities({ ffmpegPath, searchPath });
  const { version, missing } = capabilities;
  if (version === null) {
    const advice = "Run ./script/setup, or set HEADEND_FFMPEG. The API works without it.";
    return [{ subject: "ffmpeg", verdict: "MISSING", text: [...missing, advice].join(" ") }];
  }
  return [
    { subject: "ffmpeg", verdict: "OK", text: `${version} at ${capabilities.ffmpegPath ?? ""}` },
    ...missing.map((text): Finding => ({ subject: "ffmpeg", verdict: "LIMITED", text })),
  ];
}
