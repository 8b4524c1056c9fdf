import type { ApplicationOptions, FirstStart } from "../application.ts";
import { untilSignal } from "./until-signal.ts";
import { UsageError, type Command, type CommandCall } from "./command.ts";

const SIMULATED_LIMIT = 100_000;

export const startCommand: Command = {
  name: "start",
  parameters: [],
  options: [],
  summary: "Run a gateway and an encoder in one process, with the embedded database unless DATABASE_URL is set.",
  run: (call) => runApplication(call, { isGateway: true, encoder: { kind: "REAL" } }),
};

export const gatewayCommand: Command = {
  name: "gateway",
  parameters: [],
  options: [],
  summary: "Run a gateway alone; encoders run elsewhere.",
  run: (call) => runApplication(call, { isGateway: true, encoder: null }),
};

export const encoderCommand: Command = {
  name: "encoder",
  parameters: [],
  options: [
    { name: "simulate", value: "N", meaning: "Run no media: act as an encoder with room for N sessions, through the same states." },
  ],
  summary: "Run an encoder alone, for the gateways that share its database.",
  run: (call) => runApplication(call, { isGateway: false, encoder: encoderOf(call) }),
};

function encoderOf({ options }: CommandCall): NonNullable<ApplicationOptions["encoder"]> {
  const given = options["simulate"]?.at(-1);
  if (given === undefined) return { kind: "REAL" };
  const capacity = /^\d{1,6}$/.test(given) ? Number(given) : 0;
  if (capacity < 1 || capacity > SIMULATED_LIMIT)
    throw new UsageError(`--simulate takes a whole number from 1 to ${SIMULATED_LIMIT}, not “${given}”.`);
  return { kind: "SIMULATED", capacity };
}

/** Runs until a signal asks for the end; a second one does not wait for it. */
async function runApplication({ environment, print }: CommandCall, options: ApplicationOptions): Promise<number> {
  const asked = untilSignal();
  // Loaded only here: the help and the small commands answer at once.
  const { startApplication } = await import("../application.ts");
  const application = await startApplication(await environment(), { ...options, onFirstStart: (made) => printFirstStart(made, print) });
  if (application.url !== null) print(`The API is at ${application.url}/graphql; open it in a browser to try it.`);
  await asked;
  await application.close();
  return 0;
}

function printFirstStart(firstStart: FirstStart, print: CommandCall["print"]): void {
  print(`First start: organization ${firstStart.organization} is made, with every package.`);
  if (firstStart.newAdminKey === null) {
    // What is printed lands in logs, where a key that somebody gave in confidence has no place.
    print(`Its ADMIN key is that of HEADEND_ADMIN_KEY, kept in ${firstStart.adminKeyFile}.`);
    return;
  }
  print(`Its ADMIN key, shown this once and kept in ${firstStart.adminKeyFile}:`);
  print(firstStart.newAdminKey);
}
