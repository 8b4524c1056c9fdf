import { parseArgs } from "node:util";
import { packageVersion } from "../shared/package.ts";
import { StartError } from "../shared/start-error.ts";
import { Fault, Refusal } from "../shared/user-error.ts";
import { callOf, optionConfig, UsageError, type Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp, generalHelp } from "./help.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs the command that the words name and gives the exit code: 0 done, 1 failed, 2 called the wrong way. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    return await dispatch(words);
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function dispatch(words: readonly string[]): Promise<number> {
  const [first] = words;
  if (first === "--version") return printed(packageVersion());
  const command = COMMANDS.find(({ name }) => name.split(" ").every((word, index) => words[index] === word));
  if (command) return await runCommand(command, words.slice(command.name.split(" ").length));
  if (first === "--help" || first === "-h" || first === "help") return printed(generalHelp(COMMANDS));
  const what = first === undefined ? "No command was given." : `There is no command “${words.slice(0, 2).join(" ")}”.`;
  throw new UsageError(`${what}\n\n${generalHelp(COMMANDS)}`);
}

async function runCommand(command: Command, words: readonly string[]): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) return printed(commandHelp(command));
  const { positionals, values } = parse(command, words);
  if (positionals.length !== command.parameters.length) {
    const wanted = command.parameters.length === 0 ? "takes no further words" : `takes ${command.parameters.join(" ")}`;
    throw new UsageError(`headend ${command.name} ${wanted}.\n\n${commandHelp(command)}`);
  }
  return await command.run(callOf(positionals, values));
}

function parse(command: Command, words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: optionConfig(command.options), allowPositionals: true, strict: true });
  } catch (error) {
    // parseArgs says which word it did not understand.
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${commandHelp(command)}`);
  }
}

function printed(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

/** What is meant for a person comes without a stack; anything else is a defect, and wants one. */
function describe(error: unknown): string {
  if (error instanceof Refusal) return error.errors.map(({ message }) => message).join("\n");
  if (error instanceof UsageError || error instanceof StartError || error instanceof Fault) return error.message;
  if (isSystemError(error)) return error.code === "EADDRINUSE" ? `${error.message}. Set PORT to another one.` : error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
