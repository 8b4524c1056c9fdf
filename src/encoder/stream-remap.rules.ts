import { RemapMode, RemapType, type RemapRule } from "../sessions/session.rules.ts";
import type { AnnouncedStream } from "./program-tables.rules.ts";

/** Which streams of an input go on to the encoder: at most one picture and one sound. */
export interface ChosenStreams {
  /** PIDs; null when there is none. */
  readonly video: number | null;
  readonly audio: number | null;
}

/** A rule of this language is about streams of any language, those that name none too. */
const ANY_LANGUAGE = "any";

/**
 * Which streams go on, by the rules of a stream remap. For each stream of the input the first rule that fits by type and language
 * decides, from the lowest priority number up:
 *
 *   PASSTHROUGH     it goes on, at the place that it has in the input
 *   REMAP           it goes on, in front of all that are passed through; several of them in the order of their rules
 *   DROP            it is left out
 *   no rule fits    it is left out: rules name what is wanted, which is why one of them has to be about video
 *
 * The encoder takes one picture and one sound, so that of what goes on the first of each counts: in effect rules choose the video
 * PID and the language of the sound. Rules about subtitles and data are obeyed and change nothing in the output.
 * Without rules the first picture and the first sound of the input's first program go on.
 */
export function chooseStreams(streams: readonly AnnouncedStream[], rules: readonly RemapRule[]): ChosenStreams {
  const ordered = rules.length === 0 ? streams : applyRules(streams, rules);
  const firstOf = (type: RemapType): number | null => ordered.find((stream) => stream.type === type)?.pid ?? null;
  return { video: firstOf(RemapType.VIDEO), audio: firstOf(RemapType.AUDIO) };
}

/** The streams that go on, in their new order. */
export function applyRules(streams: readonly AnnouncedStream[], rules: readonly RemapRule[]): readonly AnnouncedStream[] {
  const ordered = rules.toSorted((one, other) => one.priority - other.priority);
  const judged = streams.map((stream) => ({ stream, rule: ordered.findIndex((rule) => fits(rule, stream)) }));
  const of = (mode: RemapMode): typeof judged => judged.filter(({ rule }) => ordered[rule]?.mode === mode);
  const remapped = of(RemapMode.REMAP).toSorted((one, other) => one.rule - other.rule);
  return [...remapped, ...of(RemapMode.PASSTHROUGH)].map(({ stream }) => stream);
}

function fits(rule: RemapRule, stream: AnnouncedStream): boolean {
  if (rule.type !== stream.type) return false;
  return rule.language === ANY_LANGUAGE || (stream.language !== null && isSameLanguage(rule.language, stream.language));
}

/** `de`, `deu` and `ger` are one language. */
export function isSameLanguage(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

function canonical(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? language;
  } catch {
    return language;
  }
}
