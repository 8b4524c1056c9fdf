import type { OutputType } from "../playbacks/playback.rules.ts";
import type { InputType } from "../sessions/session.rules.ts";
import type { AudioCodec, VideoCodec } from "../templates/template.rules.ts";

/** ONLINE takes sessions, DRAINING only keeps what it has, LOST has signed off or was not heard of for a lease time. */
export const EncoderStatus = { ONLINE: "ONLINE", DRAINING: "DRAINING", LOST: "LOST" } as const;
export type EncoderStatus = (typeof EncoderStatus)[keyof typeof EncoderStatus];

/** What an encoder can run, as it found out when it started; one without ffmpeg supports nothing. */
export interface SupportedTypes {
  readonly supportedInputs: readonly InputType[];
  readonly supportedOutputs: readonly OutputType[];
  readonly supportedVideoCodecs: readonly VideoCodec[];
  readonly supportedAudioCodecs: readonly AudioCodec[];
  /** What is missing, as sentences, such as "ffmpeg has no srt protocol, so SRT_PULL cannot run." */
  readonly missing: readonly string[];
}

/** Where senders push to: the base of an ingest URL, without a key; a protocol that is left out is not taken. */
export interface IngestAddresses {
  /** Such as `rtmp://ingest.example.com:1935/live`. */
  readonly rtmp?: string;
  readonly rtmps?: string;
  /** Such as `srt://ingest.example.com:9000`. */
  readonly srt?: string;
}

/** An encoder that takes sessions now. */
export interface OnlineEncoder extends SupportedTypes {
  readonly id: string;
  readonly name: string;
  readonly region: string;
}

/** What a session wants of the encoder that runs it; passthrough renditions want no codec. */
export interface SessionNeeds {
  readonly region: string;
  readonly inputType: InputType;
  readonly outputTypes: readonly OutputType[];
  readonly videoCodecs: readonly VideoCodec[];
  readonly audioCodecs: readonly AudioCodec[];
}

/**
 * Says what is missing when encoders of the session's region are online and none of them can run it, else null.
 * With no encoder online at all a session may start: it waits for one.
 */
export function explainUnsupported(encoders: readonly OnlineEncoder[], needs: SessionNeeds): string | null {
  const nearby = encoders.filter((encoder) => encoder.region === needs.region);
  const gaps = nearby.map((encoder) => ({ encoder, lacks: lacking(encoder, needs) }));
  const closest = gaps.toSorted((one, other) => one.lacks.length - other.lacks.length)[0];
  if (closest === undefined || closest.lacks.length === 0) return null;
  const who =
    nearby.length === 1 ? `The encoder of region ${needs.region}` : `None of the ${nearby.length} encoders of region ${needs.region}`;
  const cannot = nearby.length === 1 ? "cannot run" : "can run";
  const why = closest.encoder.missing.filter(
    (sentence) => closest.encoder.supportedInputs.length === 0 || closest.lacks.some((lack) => namesWord(sentence, lack.value)),
  );
  return [`${who} ${cannot} ${listed(closest.lacks.map(({ what }) => what))}.`, ...why].join(" ");
}

interface Lack {
  readonly value: string;
  readonly what: string;
}

/** Everything that this encoder would have to have and has not. */
function lacking(encoder: SupportedTypes, needs: SessionNeeds): readonly Lack[] {
  return [
    ...lacksOf([needs.inputType], encoder.supportedInputs, "input"),
    ...lacksOf(needs.outputTypes, encoder.supportedOutputs, "output"),
    ...lacksOf(needs.videoCodecs, encoder.supportedVideoCodecs, "video"),
    ...lacksOf(needs.audioCodecs, encoder.supportedAudioCodecs, "audio"),
  ];
}

function lacksOf(wanted: readonly string[], supported: readonly string[], kind: string): readonly Lack[] {
  const missing = [...new Set(wanted)].filter((value) => !supported.includes(value));
  return missing.map((value) => ({ value, what: `${value} ${kind}` }));
}

/** Whole words only, so that SRT_PULL is not explained by a sentence about SRT_PULLER. */
function namesWord(sentence: string, word: string): boolean {
  return sentence.split(/[^A-Za-z0-9_]+/).includes(word);
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
