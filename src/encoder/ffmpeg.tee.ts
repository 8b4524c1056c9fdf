/** Options of a muxer, or of a slave of the tee muxer, by name. */
export type Options = Readonly<Record<string, string>>;

/** A slave of the tee muxer: its text is read three times over, and each time a backslash must be left to do its work. */
export function renderSlave(options: Options, path: string): string {
  const text = Object.entries(options).map(([name, value]) => `${name}=${escapeForTee(value)}`);
  const { f: muxer } = options;
  return `[${text.join(":")}]${escapeName(muxer === "segment" ? partPattern(path) : path)}`;
}

/** Options within the value of another one, none of which may need escaping. */
export function renderDictionary(options: Options): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(":");
}

/** For the list of options, then for the list of slaves. */
function escapeForTee(value: string): string {
  const once = value.replace(/[\\':\]]/g, "\\$&");
  return once.replace(/[\\'|]/g, "\\$&");
}

function escapeName(path: string): string {
  return path.replace(/[\\'|[\] ]/g, "\\$&");
}

/** `recording.mkv` becomes `recording-000.mkv`, `recording-001.mkv` and so on. */
export function partPattern(path: string): string {
  const dot = path.lastIndexOf(".");
  return `${path.slice(0, dot).replaceAll("%", "%%")}-%03d${path.slice(dot)}`;
}
