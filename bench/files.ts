import { Upload } from "../src/graphql/upload.ts";
import { writeCsv } from "../src/imports/csv.write.ts";

const ROW = {
  name: "",
  input_type: "multicast_pull",
  output_type: "http",
  output_name: "Main",
  template_name: "One",
  "input_urls-a": "",
  "output_settings-enable_hls": "TRUE",
  description: "",
};

/** A file of so many rows, every one with a name, an input URL and a description of its own. */
export function sessionsFile(count: number, change: (index: number) => Partial<typeof ROW> = () => ({})): Buffer {
  const rows = Array.from({ length: count }, (_, index) => ({
    ...ROW,
    name: `Channel ${index}`,
    "input_urls-a": `udp://239.1.${index >> 8}.${index & 255}:5000`,
    description: `The channel number ${index}`,
    ...change(index),
  }));
  return Buffer.from(
    writeCsv(
      Object.keys(ROW),
      rows.map((row) => Object.values(row)),
    ),
  );
}

/** A file that comes in as a socket gives it. */
export function uploadOf(bytes: Buffer): Upload {
  return new Upload(async function* () {
    for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536);
  });
}
