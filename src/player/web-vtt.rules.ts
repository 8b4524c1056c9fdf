/** SRT names the hours as well, and sets thousandths apart by a comma. */
const TIMES = /^(\d{2,}:[0-5]\d:[0-5]\d),(\d{3}) --> (\d{2,}:[0-5]\d:[0-5]\d),(\d{3})$/;
/** What would begin a tag, an entity or the times of another cue. */
const MARKS: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Subtitles as players show them, word for word, out of an SRT file; what is none in it is left out. */
export function toWebVtt(srt: string): string {
  const blocks = srt
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n")
    .split(/\n{2,}/);
  return ["WEBVTT", ...blocks.flatMap((block) => cueOf(block) ?? [])].join("\n\n").concat("\n");
}

function cueOf(block: string): string | null {
  const lines = block.split("\n");
  const at = lines.findIndex((line) => TIMES.test(line));
  const text = lines
    .slice(at + 1)
    .join("\n")
    .trimEnd();
  const times = lines[at]?.replace(TIMES, "$1.$2 --> $3.$4");
  return times === undefined || text === "" ? null : `${times}\n${text.replace(/[&<>]/g, (mark) => MARKS[mark] ?? mark)}`;
}
