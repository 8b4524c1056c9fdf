import type { AudioCodec, RenditionSettings, VideoCodec } from "../templates/template.rules.ts";
import type { OutputType } from "./playback.rules.ts";

/** What the container of an output can carry; where a codec is missing here, no encoder can ever send it there. */
interface Fit {
  readonly container: string;
  readonly video: readonly VideoCodec[];
  readonly audio: readonly AudioCodec[];
}

const MPEG_TS: Fit = { container: "MPEG-TS", video: ["H264", "H265"], audio: ["AAC", "OPUS"] };
const FRAGMENTED_MP4: Fit = { container: "fragmented MP4", video: ["H264", "H265", "AV1"], audio: ["AAC", "OPUS"] };

export const OUTPUT_FIT: Readonly<Record<OutputType, Fit>> = {
  // HLS and DASH both take fragmented MP4, the only one of their containers that carries all of these.
  HTTP: FRAGMENTED_MP4,
  CMAF_PUSH: FRAGMENTED_MP4,
  SRT_PUSH: MPEG_TS,
  MULTICAST: MPEG_TS,
  // FLV, as RTMP servers understand it.
  RTMP_PUSH: { container: "RTMP", video: ["H264"], audio: ["AAC"] },
  // Both MKV and MP4.
  FILE: { container: "MKV and MP4", video: ["H264", "H265", "AV1"], audio: ["AAC", "OPUS"] },
  MEDIAPACKAGE_V2: { container: "fragmented MP4", video: ["H264", "H265"], audio: ["AAC"] },
  // WebRTC has Opus alone in common with every receiver.
  WHIP: { container: "WHIP", video: ["H264", "H265", "AV1"], audio: ["OPUS"] },
  // Raw pictures and sound leave by the card.
  CAPTURE_CARD: { container: "the capture card", video: ["H264", "H265", "AV1"], audio: ["AAC", "OPUS"] },
};

/** Why a rendition can never be sent to an output of this type, as a sentence; null when it can. Passthrough is judged when it runs. */
export function renditionFitsOutput(rendition: RenditionSettings, outputType: OutputType): string | null {
  if (rendition.isPassthrough) return null;
  const { container, video, audio } = OUTPUT_FIT[outputType];
  if (!video.includes(rendition.videoCodec)) return misfit(rendition.name, outputType, container, rendition.videoCodec, video);
  if (!audio.includes(rendition.audioCodec)) return misfit(rendition.name, outputType, container, rendition.audioCodec, audio);
  return null;
}

function misfit(name: string, type: OutputType, container: string, codec: string, fitting: readonly string[]): string {
  return `The rendition “${name}” cannot be sent to a ${type} output: ${container} does not carry ${codec}. It carries ${fitting.join(", ")}.`;
}
