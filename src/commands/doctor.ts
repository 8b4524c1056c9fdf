import type { Command } from "./command.ts";

export const doctorCommand: Command = {
  name: "doctor",
  parameters: [],
  options: [],
  summary: "Look at everything that a start needs, and say what is missing and what then is unavailable. Changes nothing.",
  async run({ print }) {
    const { examine } = await import("../doctor/examine.ts");
    const findings = await examine();
    const width = Math.max(...findings.map(({ subject }) => subject.length));
    for (const { subject, verdict, text } of findings) print(`${verdict.padEnd(7)}  ${subject.padEnd(width)}  ${text}`);
    const missing = findings.filter(({ verdict }) => verdict === "MISSING").length;
    print(
      missing === 0
        ? "\nNothing that is needed is missing."
        : `\n${missing} ${missing === 1 ? "thing that is" : "things that are"} needed ${missing === 1 ? "is" : "are"} missing.`,
    );
    return missing === 0 ? 0 : 1;
  },
};
