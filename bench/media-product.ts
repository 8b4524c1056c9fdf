import { once } from "node:events";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createDemoClient, type DemoClient } from "../src/commands/demo.client.ts";
import { newApiKey } from "../src/access/api-key.rules.ts";
import { startHeadend } from "./gateway-process.ts";
import { LOOPBACK } from "./media-source.ts";

const POLL_MILLISECONDS = 250;
const STATUS_LIMIT_MILLISECONDS = 120_000;

export type Rendition = Readonly<Record<string, unknown>> & { readonly name: string };

export interface Session {
  readonly id: string;
  /** Where its HLS output stands. */
  readonly directory: string;
  readonly token: string;
}

/** `headend start` with an embedded database, as an installation of its own. */
export interface Product {
  readonly pid: number;
  readonly client: DemoClient;
  /** Makes stopped sessions with one HLS output each. */
  readonly createSessions: (options: NewSessions) => Promise<readonly Session[]>;
  readonly start: (sessions: readonly Session[]) => Promise<void>;
  /** Resolves once all of them are stopped. */
  readonly stop: (sessions: readonly Session[]) => Promise<void>;
  /** Waits until so many are RUNNING, and gives how many are at the end of the wait. */
  readonly untilRunning: (sessions: readonly Session[]) => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface NewSessions {
  readonly name: string;
  readonly count: number;
  readonly url: string;
  readonly renditions: readonly Rendition[];
}

export async function openProduct(directory: string, capacity: number): Promise<Product> {
  const adminKey = newApiKey();
  const dataDirectory = join(directory, "data");
  chmodSync(directory, 0o711);
  const { url, process } = await startHeadend("start", directory, {
    HEADEND_DATA_DIR: dataDirectory,
    HEADEND_ADMIN_KEY: adminKey,
    HEADEND_ALLOWED_NETWORKS: "127.0.0.0/8",
    HEADEND_MULTICAST_INTERFACE: LOOPBACK,
    HEADEND_ENCODER_CAPACITY: String(capacity),
    HEADEND_RTMP_PORT: "off",
    HEADEND_RTMPS_PORT: "off",
    HEADEND_SRT_PORT: "off",
    HEADEND_LOG_LEVEL: "warn",
  });
  const end = (): void => void process.kill("SIGKILL");
  globalThis.process.once("exit", end);
  const client = createDemoClient(url, adminKey);

  async function count(sessions: readonly Session[], status: string): Promise<number> {
    const ids = sessions.map(({ id }) => id);
    const { sessions: found } = await client.ask<{ sessions: { totalCount: number } }>(COUNT, { ids, status });
    return found.totalCount;
  }

  async function untilAll(sessions: readonly Session[], status: string): Promise<number> {
    const limit = performance.now() + STATUS_LIMIT_MILLISECONDS;
    for (;;) {
      const reached = await count(sessions, status);
      if (reached === sessions.length || performance.now() > limit) return reached;
      await wait(POLL_MILLISECONDS);
    }
  }

  return {
    pid: process.pid ?? 0,
    client,
    createSessions: (options) => createSessions(client, dataDirectory, options),
    async start(sessions) {
      const { startSessions } = await client.ask<Started>(START, { ids: sessions.map(({ id }) => id) });
      if (startSessions.acceptedCount !== sessions.length) throw new Error("Not all sessions were started");
    },
    async stop(sessions) {
      await client.ask(STOP, { ids: sessions.map(({ id }) => id) });
      if ((await untilAll(sessions, "STOPPED")) !== sessions.length) throw new Error("Not all sessions were stopped");
    },
    untilRunning: (sessions) => untilAll(sessions, "RUNNING"),
    async close() {
      await client.close();
      const ended = once(process, "exit");
      process.kill("SIGTERM");
      await ended;
      globalThis.process.off("exit", end);
    },
  };
}

async function createSessions(
  client: DemoClient,
  dataDirectory: string,
  { name, count, url, renditions }: NewSessions,
): Promise<readonly Session[]> {
  await client.ask(CREATE_TEMPLATE, { input: { name, renditions } });
  const rows = Array.from({ length: count }, (_, index) => `${name} ${index},multicast_pull,${url},http,Web,${name},TRUE`);
  const csv = ["name,input_type,input_urls-a,output_type,output_name,template_name,output_settings-enable_hls", ...rows].join("\n");
  const { importSessionsCsv } = await client.ask<Imported>(IMPORT, { csv });
  const made = importSessionsCsv.sessions.flatMap(({ session }) => session ?? []);
  if (made.length !== count) throw new Error(`The sessions were not made: ${JSON.stringify(importSessionsCsv)}`);
  // Of the one encoder of this installation.
  const live = join(dataDirectory, "encoder-1", "media", "live");
  return made.map(({ id, playbacks }) => {
    const token = /\/live\/([^/]+)\//.exec(playbacks[0]?.hlsUrl ?? "")?.[1] ?? "";
    return { id, token, directory: join(live, token) };
  });
}

const CREATE_TEMPLATE = /* GraphQL */ `
  mutation CreateTemplate($input: CreateTemplateInput!) {
    createTemplate(input: $input) {
      userErrors {
        message
      }
    }
  }
`;

const IMPORT = /* GraphQL */ `
  mutation Import($csv: String!) {
    importSessionsCsv(input: { csv: $csv }) {
      errors {
        message
      }
      userErrors {
        message
      }
      sessions {
        session {
          id
          playbacks {
            hlsUrl
          }
        }
      }
    }
  }
`;

interface Imported {
  readonly importSessionsCsv: {
    readonly sessions: readonly {
      readonly session: { readonly id: string; readonly playbacks: readonly { readonly hlsUrl: string | null }[] } | null;
    }[];
  };
}

const COUNT = /* GraphQL */ `
  query Count($ids: [ID!], $status: SessionStatus!) {
    sessions(first: 1, filter: { ids: $ids, status: [$status] }) {
      totalCount
    }
  }
`;

const START = /* GraphQL */ `
  mutation Start($ids: [ID!]!) {
    startSessions(input: { selection: { ids: $ids } }) {
      acceptedCount
    }
  }
`;

interface Started {
  readonly startSessions: { readonly acceptedCount: number };
}

const STOP = /* GraphQL */ `
  mutation Stop($ids: [ID!]!) {
    stopSessions(input: { selection: { ids: $ids } }) {
      acceptedCount
    }
  }
`;
