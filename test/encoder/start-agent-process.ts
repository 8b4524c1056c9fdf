import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { DatabaseAddress } from "../../src/database/connection.ts";
import { nextOutput, startNode } from "../support/tied.ts";

export interface AgentProcess {
  readonly child: ChildProcess;
  readonly encoderId: string;
}

/** An agent in a process of its own, to be killed by the test; gives it once it is registered. */
export async function startAgentProcess(address: DatabaseAddress, dataDirectory: string): Promise<AgentProcess> {
  const child = startNode(["--import", "tsx", join(import.meta.dirname, "agent-process.ts"), JSON.stringify(address), dataDirectory]);
  return { child, encoderId: await nextOutput(child) };
}
