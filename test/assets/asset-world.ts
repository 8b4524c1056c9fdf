import { createAssetTeller, type AssetReport, type AssetTeller } from "../../src/encoder/asset-teller.ts";
import type { Agent, AgentOptions } from "../../src/encoder/agent.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";
import { ConfigureProcessesDocument, type ProcessRowFragment, type ProcessSettingsInput } from "../generated/documents.ts";
import { createScriptedRunner, type ScriptedRunner } from "../sessions/scripted-runner.ts";
import type { TestServer } from "../support/server.ts";

/** A session with processes that an agent runs, and what that agent tells of assets. */
export interface AssetWorld {
  readonly world: World;
  /** Starts an agent whose runner and assets the test speaks for. */
  readonly startAgent: (options?: Partial<AgentOptions>) => Promise<TellingAgent>;
  /** A session with these processes on its one rendition, started. */
  readonly startSession: (runner: ScriptedRunner, settings?: readonly ProcessSettingsInput[]) => Promise<StartedSession>;
  readonly configure: (sessionId: string, settings: readonly ProcessSettingsInput[]) => Promise<readonly ProcessRowFragment[]>;
  readonly close: () => Promise<void>;
}

export interface TellingAgent {
  readonly agent: Agent;
  readonly runner: ScriptedRunner;
  readonly teller: AssetTeller;
  /** Tells, and waits until that is written. */
  readonly tell: (...reports: readonly AssetReport[]) => Promise<void>;
}

export interface StartedSession {
  readonly sessionId: string;
  readonly runId: string;
  readonly processes: readonly ProcessRowFragment[];
  /** An asset of its run, a READY recording unless the test says otherwise. */
  readonly report: (rest?: Partial<AssetReport>) => AssetReport;
}

/** What is told of a recording that is whole, whatever it is of. */
export const FINISHED_RECORDING = {
  ...({ kind: "RECORDING", fileName: "recording.mp4", contentType: "video/mp4", status: "READY", reason: null } as const),
  ...{ bytes: 1_000, durationSeconds: 12.5, droppedSeconds: 0, captionsFileName: null, waitsForRoom: false },
};

export const RECORDING: ProcessSettingsInput = { kind: "RECORDING", isEnabled: true, sync: true };

export async function openAssetWorld(server: TestServer): Promise<AssetWorld> {
  const world = await createWorld(server.database, server.organizationId);

  async function configure(sessionId: string, settings: readonly ProcessSettingsInput[]): Promise<readonly ProcessRowFragment[]> {
    const { configureProcesses } = await server.graphql(ConfigureProcessesDocument, { input: { sessionId, settings: [...settings] } });
    if (configureProcesses.userErrors.length > 0) throw new Error(JSON.stringify(configureProcesses.userErrors));
    return configureProcesses.processes;
  }

  return {
    world,
    configure,
    async startAgent(options = {}) {
      const runner = createScriptedRunner();
      const teller = createAssetTeller();
      const agent = await world.startAgent({ runner: runner.start, assets: teller, mediaAddress: "http://127.0.0.1:9", ...options });
      return {
        ...{ agent, runner, teller },
        async tell(...reports) {
          reports.forEach(teller.tell);
          await waitUntil(teller.unwritten, (unwritten) => unwritten.length === 0);
        },
      };
    },
    async startSession(runner, settings = [RECORDING]) {
      const [sessionId = ""] = await world.createSessions(1);
      const processes = await configure(sessionId, settings);
      await world.start([sessionId]);
      const launch = await waitUntil(
        () => runner.launches.find((each) => each.sessionId === sessionId),
        (found) => found !== undefined,
      );
      const { runId, organizationId } = launch!;
      const report = (rest: Partial<AssetReport> = {}): AssetReport => ({
        ...{ id: newIdentifier("asset"), organizationId, sessionId, runId: runId ?? "", processId: processes[0]!.id },
        ...{ playbackName: "Web", renditionName: "720p", ...FINISHED_RECORDING, createdAt: new Date().toISOString() },
        ...rest,
      });
      return { sessionId, runId: runId ?? "", processes, report };
    },
    close: () => world.close(),
  };
}
