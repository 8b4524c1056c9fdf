import { checkHeader } from "../../src/imports/csv.header.ts";
import { readCsv } from "../../src/imports/csv.read.ts";
import { checkRow, csvFacts, type CheckedRow, type CsvFacts } from "../../src/imports/csv.rules.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { nameKey } from "../../src/shared/name.ts";
import type { RenditionSettings, TemplateFacts } from "../../src/templates/template.rules.ts";

function encoded(name: string): RenditionSettings {
  return {
    id: `rendition_${name}`,
    name,
    isPassthrough: false,
    videoCodec: "H264",
    width: 1280,
    height: 720,
    videoBitrateKbps: 3000,
    frameRate: 25,
    audioCodec: "AAC",
    audioBitrateKbps: 128,
  };
}

function template(name: string, renditions: readonly RenditionSettings[]): TemplateFacts {
  return { id: `template_${nameKey(name)}`, name, nameKey: nameKey(name), isDefault: false, version: 1, renditions };
}

const TEMPLATES = [
  template("One", [encoded("720p")]),
  template("HD Ladder", [encoded("720p"), encoded("360p")]),
  template("As it comes", [{ id: "rendition_copy", name: "copy", isPassthrough: true }]),
  template("Future", [{ ...encoded("720p"), isPassthrough: false, videoCodec: "AV1" } as RenditionSettings]),
];

export const FACTS: CsvFacts = csvFacts(
  {
    templates: new Map(TEMPLATES.map((item) => [item.id, item])),
    defaultTemplateId: null,
    defaultRegion: "local",
    network: { allowedNetworks: [] },
  },
  "local",
);

export type Row = Readonly<Record<string, string>>;

/** A valid row of each common kind, for tests to change one cell of. */
export const HTTP: Row = {
  name: "Channel 5",
  input_type: "multicast_pull",
  output_type: "http",
  output_name: "Main",
  template_name: "One",
  "input_urls-a": "udp://239.1.0.134:5000",
  "output_settings-enable_hls": "TRUE",
};
const WITHOUT_HTTP: Row = { ...HTTP, "output_settings-enable_hls": "" };
export const SRT_INPUT: Row = { ...HTTP, input_type: "srt_push", "input_urls-a": "" };
export const FAILOVER: Row = { ...HTTP, "input_urls-b": "udp://239.1.0.134:5001" };
export const HLS_INPUT: Row = { ...HTTP, input_type: "hls_pull", "input_urls-a": "https://example.com/live.m3u8" };
export const MULTICAST: Row = { ...WITHOUT_HTTP, output_type: "multicast", output_urls: "udp://239.1.10.134:5001" };
export const FILE: Row = { ...WITHOUT_HTTP, output_type: "file", output_urls: "shows/news.mkv", "output_settings-format": "mkv" };
export const CMAF: Row = { ...WITHOUT_HTTP, output_type: "cmaf_push", output_urls: "https://example.com/ingest" };

/** Checks one row that was written as a file and read again. */
export function check(row: Row): CheckedRow {
  const header = Object.keys(row);
  const { table } = readCsv(writeCsv(header, [Object.values(row)]));
  const record = table?.records[0];
  if (!table || !record) throw new Error("The row could not be read");
  return checkRow(record, checkHeader(table.header).header, FACTS);
}
