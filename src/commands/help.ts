import type { Command } from "./command.ts";

export function generalHelp(commands: readonly Command[]): string {
  const lines = commands.map((command) => [`headend ${synopsis(command)}`, command.summary] as const);
  const width = Math.max(...lines.map(([call]) => call.length));
  return [
    "Headend, a control plane for live encoding",
    "",
    ...lines.map(([call, summary]) => `  ${call.padEnd(width)}  ${summary}`),
    "",
    "headend COMMAND --help says more about a command; headend --version gives the release.",
    "Settings come from the environment: headend doctor checks them, and docs/settings.md lists them.",
  ].join("\n");
}

export function commandHelp(command: Command): string {
  const options = command.options.map(({ name, value, meaning }) => [`--${name}${value === null ? "" : ` ${value}`}`, meaning] as const);
  const width = Math.max(0, ...options.map(([call]) => call.length));
  return [
    `headend ${synopsis(command)}`,
    "",
    command.summary,
    ...options.map(([call, meaning]) => `  ${call.padEnd(width)}  ${meaning}`),
  ].join("\n");
}

function synopsis({ name, parameters, options }: Command): string {
  const parts = options.map(
    ({ name: option, value, isRepeatable }) => `[--${option}${value === null ? "" : ` ${value}`}]${isRepeatable ? "…" : ""}`,
  );
  return [name, ...parameters, ...parts].join(" ");
}
