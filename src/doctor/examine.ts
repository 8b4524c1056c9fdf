import { EnvironmentError, readEnvironment, type Environment } from "../environment.ts";
import { examineDatabase, examineDriver } from "./database.ts";
import { examineDataDirectory, examineDisk } from "./disk.ts";
import { examineFfmpeg } from "./ffmpeg.ts";
import type { Finding } from "./finding.ts";
import { examineKeyFiles } from "./key-files.ts";
import { examineObjectStore } from "./object-store.ts";
import { examineMulticastInterface, examinePort } from "./port.ts";
import { examinePushInputs } from "./push-inputs.ts";
import { examineTokens } from "./tokens.ts";

const OLDEST_NODE: readonly [number, number] = [20, 19];

type Examination = (environment: Environment) => Promise<readonly Finding[]> | readonly Finding[];

/** Each looks at one thing and changes nothing. */
const EXAMINATIONS: readonly Examination[] = [
  examineNode,
  examineDriver,
  examineFfmpeg,
  examineDataDirectory,
  examineDisk,
  examineKeyFiles,
  examineDatabase,
  examinePort,
  examinePushInputs,
  examineMulticastInterface,
  examineTokens,
  examineObjectStore,
];

/** Looks at everything that a start needs. */
export async function examine(source?: Readonly<Record<string, string | undefined>>): Promise<readonly Finding[]> {
  try {
    const environment = readEnvironment(source);
    const findings = await Promise.all(EXAMINATIONS.map(async (examination) => await examination(environment)));
    return [{ subject: "environment", verdict: "OK", text: "every variable that is set has an allowed value" }, ...findings.flat()];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.message
      .split("\n")
      .map((text) => ({ subject: "environment", verdict: "MISSING", text: `${text} Nothing starts until then.` }));
  }
}

function examineNode(): readonly Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const text = isNewEnough ? process.versions.node : `${process.versions.node} is too old: install ${OLDEST_NODE.join(".")} or newer`;
  return [{ subject: "node", verdict: isNewEnough ? "OK" : "MISSING", text }];
}
