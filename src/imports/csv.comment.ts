import { SECRET_MASK } from "../sessions/secret.rules.ts";
import { OUTPUT_TYPE_FACTS } from "../playbacks/playback.rules.ts";
import { INPUT_TYPE_FACTS } from "../sessions/session.rules.ts";
import { CSV_COLUMNS, csvTypeName } from "./csv.columns.ts";
import { checkHeader } from "./csv.header.ts";
import { checkRow, type CsvFacts } from "./csv.rules.ts";
import { toCells, type CsvSession } from "./csv.session.ts";

/** What a comment cell begins with, so that the import passes its row over. */
export const COMMENT_PREFIX = "Comment - ";

/** Keeps a text valid wherever a secret may stand: long enough for a passphrase, harmless in a URL. */
const STAND_IN = "left-out-secret";

const { header: EXPORT_HEADER } = checkHeader(CSV_COLUMNS.map((column) => column.header));

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

function refusalReason(session: CsvSession, facts: CsvFacts): string | null {
  const cells = toCells(session).map((cell) => cell.replaceAll(SECRET_MASK, STAND_IN));
  const [error] = checkRow({ row: 1, cells }, EXPORT_HEADER, facts).errors;
  return error?.message ?? null;
}
