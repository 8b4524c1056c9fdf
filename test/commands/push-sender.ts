import { spawn } from "node:child_process";
import { pictureArguments } from "../support/media.ts";
import { follow, tied } from "../support/tied.ts";

/** Pushes a test picture and tone, or what ffmpeg's options say; ends by itself when it is refused. */
export function push(
  url: string,
  source: readonly string[] = pictureArguments({}),
): { readonly ended: Promise<number | null>; readonly kill: () => Promise<void> } {
  const format = url.startsWith("rtmp") ? "flv" : "mpegts";
  const { command, words } = tied("ffmpeg", [...source, "-f", format, url]);
  const child = spawn(command, words, { stdio: "ignore" });
  follow(child);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    ended,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** A sender as they are in the field: refused or cut off, it tries again. */
export function keepPushing(url: string, source?: readonly string[]): { readonly stop: () => Promise<void> } {
  let isOn = true;
  let current = push(url, source);
  const over = (async () => {
    while (isOn) {
      await current.ended;
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (isOn) current = push(url, source);
    }
  })();
  return {
    async stop() {
      isOn = false;
      await current.kill();
      await over;
    },
  };
}
