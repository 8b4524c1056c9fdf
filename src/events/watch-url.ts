import { signedUrlEnd } from "../access/signed-hour.rules.ts";
import type { Context } from "../access/context.ts";
import { signLivePath } from "../origin/origin.rules.ts";
import type { EventAccess } from "./event.rules.ts";

const PLAYLIST = "index.m3u8";

type Addressing = Pick<Context, "publicUrl" | "vault" | "clock">;

/** What players open for a language of an event: always the same, or signed for a day where an access code is wanted. */
export function watchUrl({ publicUrl, ...signing }: Addressing, access: EventAccess, token: string): string {
  return publicUrl + (access === "PUBLIC" ? `/live/${token}/${PLAYLIST}` : signedPath(signing, "WATCH", token));
}

/** What an operator opens of a test, and of the same show once it is live; signed for a day. */
export function previewUrl({ publicUrl, ...signing }: Addressing, token: string): string {
  return publicUrl + signedPath(signing, "PREVIEW", token);
}

function signedPath({ vault, clock }: Omit<Addressing, "publicUrl">, grant: "WATCH" | "PREVIEW", token: string): string {
  return signLivePath(vault, { grant, token, file: PLAYLIST, expiresAt: signedUrlEnd(clock.now()) });
}
