/** Kinds of output. */
export const OutputType = {
  HTTP: "HTTP",
  SRT_PUSH: "SRT_PUSH",
  RTMP_PUSH: "RTMP_PUSH",
  MULTICAST: "MULTICAST",
  CMAF_PUSH: "CMAF_PUSH",
  FILE: "FILE",
  MEDIAPACKAGE_V2: "MEDIAPACKAGE_V2",
  WHIP: "WHIP",
  CAPTURE_CARD: "CAPTURE_CARD",
} as const;
export type OutputType = (typeof OutputType)[keyof typeof OutputType];

export const FileFormat = { MKV: "MKV", MP4: "MP4" } as const;
export type FileFormat = (typeof FileFormat)[keyof typeof FileFormat];

/** How many URLs an output takes: none, one in all, or one for each rendition of its template. */
export type UrlCount = "NONE" | "ONE" | "PER_RENDITION";

export interface OutputTypeFacts {
  readonly urlCount: UrlCount;
  readonly supportsCsv: boolean;
  /** Carries an MPEG-TS service provider and program number. */
  readonly supportsService: boolean;
  /** Schemes of its URLs; a file output takes a path instead. */
  readonly urlSchemes: readonly string[];
}

export const OUTPUT_TYPE_FACTS: Readonly<Record<OutputType, OutputTypeFacts>> = {
  HTTP: { urlCount: "NONE", supportsCsv: true, supportsService: false, urlSchemes: [] },
  SRT_PUSH: { urlCount: "PER_RENDITION", supportsCsv: true, supportsService: true, urlSchemes: ["srt"] },
  RTMP_PUSH: { urlCount: "PER_RENDITION", supportsCsv: true, supportsService: false, urlSchemes: ["rtmp", "rtmps"] },
  MULTICAST: { urlCount: "PER_RENDITION", supportsCsv: true, supportsService: true, urlSchemes: ["udp"] },
  CMAF_PUSH: { urlCount: "ONE", supportsCsv: true, supportsService: false, urlSchemes: ["http", "https"] },
  FILE: { urlCount: "ONE", supportsCsv: true, supportsService: false, urlSchemes: [] },
  MEDIAPACKAGE_V2: { urlCount: "PER_RENDITION", supportsCsv: false, supportsService: false, urlSchemes: ["https"] },
  WHIP: { urlCount: "PER_RENDITION", supportsCsv: false, supportsService: false, urlSchemes: ["http", "https"] },
  CAPTURE_CARD: { urlCount: "NONE", supportsCsv: false, supportsService: false, urlSchemes: [] },
};
