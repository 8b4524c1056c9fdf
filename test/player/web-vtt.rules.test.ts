import { expect, it } from "vitest";
import { toWebVtt } from "../../src/player/web-vtt.rules.ts";

const CASES: readonly (readonly [what: string, srt: string, cues: readonly string[]])[] = [
  ["nothing", "", []],
  ["one", "1\n00:00:01,000 --> 00:00:02,500\nGood morning\n\n", ["00:00:01.000 --> 00:00:02.500\nGood morning"]],
  [
    "several, of several lines",
    "1\n00:00:01,000 --> 00:00:02,500\nGood\nmorning\n\n2\n26:40:00,001 --> 26:40:02,000\nGood night\n",
    ["00:00:01.000 --> 00:00:02.500\nGood\nmorning", "26:40:00.001 --> 26:40:02.000\nGood night"],
  ],
  ["more than 99 hours", "1\n100:00:00,000 --> 100:00:01,000\nStill here\n", ["100:00:00.000 --> 100:00:01.000\nStill here"]],
  [
    "lines as Windows ends them, behind a mark of order",
    "\uFEFF1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n\r\n",
    ["00:00:01.000 --> 00:00:02.000\nHi"],
  ],
  [
    "what looks like tags, entities and times",
    "1\n00:00:01,000 --> 00:00:02,000\n<b>R&B</b> &amp; --> <00:00:01.500>\n",
    ["00:00:01.000 --> 00:00:02.000\n&lt;b&gt;R&amp;B&lt;/b&gt; &amp;amp; --&gt; &lt;00:00:01.500&gt;"],
  ],
  ["words that stand as headers do", "1\n00:00:01,000 --> 00:00:02,000\nNOTE\nSTYLE\n", ["00:00:01.000 --> 00:00:02.000\nNOTE\nSTYLE"]],
  [
    "one without words",
    "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nHi\n",
    ["00:00:03.000 --> 00:00:04.000\nHi"],
  ],
  ["what is no subtitle", "Not found\n\n1\n00:99:01,000 --> 00:00:02,000\nHi\n\n<html>\n", []],
  ["a file that was cut off", "1\n00:00:01,000 --> 00:00:02,000\nHi\n\n2\n00:00:03,0", ["00:00:01.000 --> 00:00:02.000\nHi"]],
];

it.each(CASES)("reads %s", (_what, srt, cues) => {
  expect(toWebVtt(srt)).toBe(`${["WEBVTT", ...cues].join("\n\n")}\n`);
});
