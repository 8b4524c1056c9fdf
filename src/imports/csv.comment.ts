import { SECRET_MASK } from "../sessions/secret.rules.ts";
import { OUTPUT_TYPE_FACTS } from "../playbacks/playback.rules.ts";
import { INPUT_TYPE_FACTS } from "../sessions/session.rules.ts";
import { validatePlayback } from "../playbacks/playback.validation.ts";
import { validateSource } from "../sessions/session.validation.ts";
import { csvTypeName } from "./csv.columns.ts";
import type { CsvFacts } from "./csv.rules.ts";
import type { CsvSession } from "./csv.session.ts";

/** What a comment cell begins with, so that the import passes its row over. */
export const COMMENT_PREFIX = "Comment - ";

/** Keeps a text valid wherever a secret may stand: long enough for a passphrase, harmless in a URL. */
const STAND_IN = "left-out-secret";

/**
 * Why a session cannot be imported again as it is exported with its secrets, or null when it can: what the format cannot say, or
 * what the import itself would refuse, such as a number of URLs that no longer fits the template. Sessions have one region here.
 */
export function csvComment(session: CsvSession, facts: CsvFacts): string | null {
  return unsupportedReason(session) ?? refusalReason(session, facts);
}

/** The same for an export without secrets, in which a URL with a secret is masked. */
export function csvCommentWithoutSecrets(session: CsvSession, facts: CsvFacts): string | null {
  const reason = csvComment(session, facts);
  if (reason !== null) return reason;
  const urls = [session.source.urlA, session.source.urlB, ...session.playbacks.flatMap((playback) => playback.urls)];
  return urls.some((url) => url?.includes(SECRET_MASK)) ? "a URL holds a secret, which was left out; export with secrets" : null;
}

function unsupportedReason({ source, playbacks, streamRemap }: CsvSession): string | null {
  const [playback] = playbacks;
  if (playbacks.length > 1) return "the session has more than one playback";
  if (!playback) return "the session has no playbacks";
  if (!INPUT_TYPE_FACTS[source.type].supportsCsv) return `the input type ${csvTypeName(source.type)} is not supported by CSV`;
  if (!OUTPUT_TYPE_FACTS[playback.type].supportsCsv) return `the output type ${csvTypeName(playback.type)} is not supported by CSV`;
  return streamRemap.length > 0 ? "the session has stream remap enabled" : null;
}

/**
 * The rules of a session itself, without the way through cells and back: what is stored was once accepted, and what has changed since
 * is the template, or which addresses are allowed.
 */
function refusalReason({ source, playbacks }: CsvSession, facts: CsvFacts): string | null {
  const candidate = { ...source, urlA: standIn(source.urlA), urlB: standIn(source.urlB) };
  const [inputError] = validateSource(candidate, facts.network).errors ?? [];
  if (inputError) return inputError.message;
  for (const playback of playbacks) {
    const [outputError] = validatePlayback({ ...playback, urls: playback.urls.map((url) => standIn(url) ?? "") }, facts).errors ?? [];
    if (outputError) return outputError.message;
  }
  return null;
}

function standIn(url: string | null): string | null {
  return url?.includes(SECRET_MASK) ? url.replaceAll(SECRET_MASK, STAND_IN) : url;
}
