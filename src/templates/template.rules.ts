/** Video codecs that a rendition may be encoded to. */
export const VideoCodec = { H264: "H264", H265: "H265", AV1: "AV1" } as const;
export type VideoCodec = (typeof VideoCodec)[keyof typeof VideoCodec];

/** Audio codecs that a rendition may be encoded to. */
export const AudioCodec = { AAC: "AAC", OPUS: "OPUS" } as const;
export type AudioCodec = (typeof AudioCodec)[keyof typeof AudioCodec];

/** One step of a ladder. A passthrough rendition names nothing but itself; any other names everything. */
export type RenditionSettings =
  | { readonly id: string; readonly name: string; readonly isPassthrough: true }
  | {
      readonly id: string;
      readonly name: string;
      readonly isPassthrough: false;
      readonly videoCodec: VideoCodec;
      readonly width: number;
      readonly height: number;
      readonly videoBitrateKbps: number;
      /** Frames per second; never raised above the input's. */
      readonly frameRate: number;
      readonly audioCodec: AudioCodec;
      readonly audioBitrateKbps: number;
    };

/** What the rules of sessions need to know of a template. */
export interface TemplateFacts {
  readonly id: string;
  readonly name: string;
  readonly nameKey: string;
  readonly isDefault: boolean;
  readonly version: number;
  /** In the order of the ladder. */
  readonly renditions: readonly RenditionSettings[];
}
