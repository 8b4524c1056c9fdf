import type { UrlProblem } from "../network/url-problem.ts";
import { checkInputUrl, checkOutputUrl } from "../network/url.rules.ts";
import { renditionFitsOutput } from "../playbacks/output-fit.rules.ts";
import { OUTPUT_TYPE_FACTS, type OutputType } from "../playbacks/playback.rules.ts";
import { expectedUrlCount, urlCountMessage } from "../playbacks/playback.validation.ts";
import { SECRET_MASK } from "../sessions/secret.rules.ts";
import { INPUT_TYPE_FACTS, type InputType } from "../sessions/session.rules.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import { csvTypeName } from "./csv.columns.ts";
import type { CsvFacts } from "./csv.rules.ts";
import type { CsvSession } from "./csv.session.ts";

/** What a comment cell begins with, so that the import passes its row over. */
const COMMENT_PREFIX = "Comment - ";

export const MORE_THAN_ONE_PLAYBACK = "the session has more than one playback";

/** Keeps a text valid wherever a secret may stand: harmless in a URL, and long enough for a passphrase. */
const STAND_IN = "left-out-secret";

/** Scheme, user, host and port: all of a URL that the policy is about. */
const ORIGIN = /^[^/?#]*\/\/[^/?#]*/;

/** Their URLs name multicast groups or paths, about which no policy is asked: what was accepted once is accepted for good. */
const INPUTS_WITHOUT_POLICY: readonly InputType[] = ["MULTICAST_PULL"];
const OUTPUTS_WITHOUT_POLICY: readonly OutputType[] = ["MULTICAST", "FILE"];

/** Origins that are remembered at most, so that an export of any length takes the same memory. */
const ORIGIN_LIMIT = 10_000;

export interface ExportOptions {
  readonly facts: CsvFacts;
  /** Otherwise the secrets in URLs are masked, which an import refuses. */
  readonly includeSecrets: boolean;
}

/** What decides whether a session can be imported again, but for its URLs. */
export interface SessionKind {
  readonly inputType: InputType;
  readonly hasRemap: boolean;
  readonly isOfEvent: boolean;
  /** Null for a session without playbacks. */
  readonly output: { readonly type: OutputType; readonly templateId: string; readonly urlCount: number } | null;
}

/** A session's URLs, with their secrets or masked. */
export interface SessionUrls {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Judges sessions of one kind. */
export interface KindJudge {
  /** Why a session with these URLs cannot be imported again; null when it can. */
  readonly reasonOf: (urls: SessionUrls) => string | null;
  /** Whether every one can, unless its URLs are masked. */
  readonly isAccepted: boolean;
}

/**
 * Tells why sessions cannot be imported again as an export has them: what the format cannot say, or what the import itself would
 * refuse. What is stored was accepted once, and what has changed since is the template, or which addresses are allowed:
 * each kind of session is held against the templates once, and each origin of URLs against the policy. Sessions have one region here.
 */
export function createCommentJudge({ facts, includeSecrets }: ExportOptions): (kind: SessionKind) => KindJudge {
  const accepted = new Set<string>();

  function urlReason(type: string, url: string, check: (url: string) => UrlProblem | null): string | null {
    const origin = `${type} ${ORIGIN.exec(url)?.[0] ?? url}`;
    if (accepted.has(origin)) return null;
    const problem = check(url.includes(SECRET_MASK) ? url.replaceAll(SECRET_MASK, STAND_IN) : url);
    if (problem) return problem.message;
    if (accepted.size === ORIGIN_LIMIT) accepted.clear();
    accepted.add(origin);
    return null;
  }

  return (kind) => {
    const { inputType, output } = kind;
    const unsupported = unsupportedReason(kind);
    if (unsupported !== null || !output) return { reasonOf: () => unsupported, isAccepted: false };
    const template = facts.templates.get(output.templateId);
    const countReason = template ? urlCountReason(output, template) : "There is no template with this id.";
    const fitReason = template ? misfitReason(output.type, template) : null;
    const judgesInputs = INPUT_TYPE_FACTS[inputType].urlSchemes.length > 0 && !INPUTS_WITHOUT_POLICY.includes(inputType);
    const judgesOutputs = output.urlCount > 0 && !OUTPUTS_WITHOUT_POLICY.includes(output.type);
    const inputReason = (url: string) => urlReason(`${inputType} input`, url, (text) => checkInputUrl(inputType, text, facts.network));
    const outputReason = (url: string) =>
      urlReason(`${output.type} output`, url, (text) => checkOutputUrl(output.type, text, facts.network));
    return {
      isAccepted: countReason === null && fitReason === null && !judgesInputs && !judgesOutputs,
      reasonOf: ({ inputs, outputs }) =>
        (judgesInputs ? firstReason(inputs, inputReason) : null) ??
        countReason ??
        (judgesOutputs ? firstReason(outputs, outputReason) : null) ??
        fitReason ??
        (includeSecrets ? null : firstReason([...inputs, ...outputs], maskReason)),
    };
  };
}

/** The same for whole sessions. */
export function createSessionJudge(options: ExportOptions): (session: CsvSession) => string | null {
  const judgeOf = createCommentJudge(options);
  return ({ source, streamRemap, playbacks, isOfEvent = false }) => {
    const [playback] = playbacks;
    if (playbacks.length > 1) return MORE_THAN_ONE_PLAYBACK;
    const output = playback ? { type: playback.type, templateId: playback.templateId, urlCount: playback.urls.length } : null;
    const inputs = [source.urlA ?? "", source.urlB ?? ""].filter((url) => url !== "");
    const { reasonOf } = judgeOf({ inputType: source.type, hasRemap: streamRemap.length > 0, isOfEvent, output });
    return reasonOf({ inputs, outputs: playback?.urls ?? [] });
  };
}

/** The comment cell of a session, empty without a reason. */
export function toComment(reason: string | null): string {
  return reason === null ? "" : `${COMMENT_PREFIX}${reason}`;
}

function unsupportedReason({ inputType, hasRemap, isOfEvent, output }: SessionKind): string | null {
  if (isOfEvent) return "the session feeds a language of an event";
  if (!output) return "the session has no playbacks";
  if (!INPUT_TYPE_FACTS[inputType].supportsCsv) return `the input type ${csvTypeName(inputType)} is not supported by CSV`;
  if (!OUTPUT_TYPE_FACTS[output.type].supportsCsv) return `the output type ${csvTypeName(output.type)} is not supported by CSV`;
  return hasRemap ? "the session has stream remap enabled" : null;
}

function urlCountReason({ type, urlCount }: NonNullable<SessionKind["output"]>, { renditions }: TemplateFacts): string | null {
  const expected = expectedUrlCount(type, renditions.length);
  return urlCount === expected ? null : urlCountMessage(type, expected, urlCount);
}

function misfitReason(type: OutputType, { renditions }: TemplateFacts): string | null {
  return firstReason(renditions, (rendition) => renditionFitsOutput(rendition, type));
}

function maskReason(url: string): string | null {
  return url.includes(SECRET_MASK) ? "a URL holds a secret, which was left out; export with secrets" : null;
}

function firstReason<T>(items: readonly T[], reasonOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const reason = reasonOf(item);
    if (reason !== null) return reason;
  }
  return null;
}
