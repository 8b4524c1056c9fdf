import type { ParseArgsConfig } from "node:util";
import type { Environment } from "../environment.ts";

export interface CommandOption {
  readonly name: string;
  /** What stands for its value in the help; null for a switch. */
  readonly value: string | null;
  readonly isRepeatable?: boolean;
  readonly meaning: string;
}

/** What a command was called with, by the names of its parameters and options. */
export interface CommandCall {
  readonly parameters: readonly string[];
  /** Every value of an option in the order given; a switch has one empty value. */
  readonly options: Readonly<Record<string, readonly string[]>>;
  readonly environment: () => Promise<Environment>;
  /** One line for a person, on standard output. */
  readonly print: (line: string) => void;
}

/** One line of the help, and what it does. */
export interface Command {
  /** Such as `organization create`. */
  readonly name: string;
  readonly parameters: readonly string[];
  readonly options: readonly CommandOption[];
  readonly summary: string;
  /** Gives the exit code. */
  readonly run: (call: CommandCall) => Promise<number>;
}

/** Called the wrong way; the message says what to do. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Whether a switch was given. */
export function isGiven(call: CommandCall, option: string): boolean {
  return option in call.options;
}

export function optionConfig(options: readonly CommandOption[]): NonNullable<ParseArgsConfig["options"]> {
  return Object.fromEntries(options.map(({ name, value }) => [name, { type: value === null ? "boolean" : "string", multiple: true }]));
}

export function callOf(parameters: readonly string[], values: Readonly<Record<string, unknown>>): CommandCall {
  const given = Object.entries(values).map(([name, value]) => [name, [value].flat().map((each) => (each === true ? "" : String(each)))]);
  return {
    parameters,
    options: Object.fromEntries(given) as Record<string, string[]>,
    environment: async () => (await import("../environment.ts")).readEnvironment(),
    print: (line) => void process.stdout.write(`${line}\n`),
  };
}
