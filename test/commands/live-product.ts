import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeTcpPort } from "../encoder/output-receivers.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { eventually, freeUdpPort } from "../support/media.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";

export interface PathView {
  readonly isConnected: boolean;
}

/** A session as an operator looks at it. */
export interface SessionView {
  readonly id: string;
  readonly status: string;
  readonly health: string;
  readonly statusReason: string | null;
  readonly isSlateShowing: boolean;
  readonly topAlert: { readonly code: string; readonly severity: string } | null;
  readonly pendingChanges: readonly { readonly path: readonly string[]; readonly before: string | null; readonly after: string | null }[];
  readonly source: {
    readonly activePath: string;
    readonly ingestUrl: string | null;
    readonly streamKey: { readonly id: string } | null;
    readonly srtPassphrase: { readonly id: string } | null;
    readonly pathA: PathView;
    readonly pathB: PathView | null;
    readonly switches: {
      readonly nodes: readonly {
        readonly fromPath: string;
        readonly toPath: string;
        readonly reason: string;
        readonly actor: string | null;
      }[];
    };
  };
  readonly playbacks: readonly {
    readonly name: string;
    readonly status: string;
    readonly health: string;
    readonly statusReason: string | null;
    readonly hlsUrl: string | null;
    readonly dashUrl: string | null;
  }[];
  readonly alerts: { readonly nodes: readonly AlertView[] };
  readonly runs: {
    readonly nodes: readonly { readonly startedBy: string; readonly stoppedBy: string | null; readonly endReason: string | null }[];
  };
}

export interface AlertView {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly lastSeenAt: string;
  readonly endedAt: string | null;
  readonly endReason: string | null;
  readonly playback: { readonly name: string } | null;
}

const VIEW = `query Session($id: ID!) { node(id: $id) { ... on Session {
  id status health statusReason isSlateShowing topAlert { code severity } pendingChanges { path before after }
  source {
    activePath ingestUrl streamKey { id } srtPassphrase { id } pathA { isConnected } pathB { isConnected }
    switches { nodes { fromPath toPath reason actor } }
  }
  playbacks { name status health statusReason hlsUrl dashUrl }
  alerts { nodes { code severity message lastSeenAt endedAt endReason playback { name } } }
  runs { nodes { startedBy stoppedBy endReason } }
} } }`;

type Verb = "startSessions" | "stopSessions" | "restartSessions" | "showSlates" | "hideSlates" | "switchSessionInputs";

/** The whole product as one process, with ports of its own that it comes back to, and what operators do with it. */
export class LiveProduct {
  readonly directory = mkdtempSync(join(tmpdir(), "headend-live-"));
  readonly #environment: Readonly<Record<string, string>>;
  #headend: HeadendProcess;
  #client: GraphqlClient | null = null;

  private constructor(
    ports: { readonly http: number; readonly rtmp: number; readonly srt: number },
    own: Readonly<Record<string, string>>,
  ) {
    this.#environment = {
      PORT: String(ports.http),
      HEADEND_DATA_DIR: this.directory,
      HEADEND_RTMP_PORT: String(ports.rtmp),
      HEADEND_SRT_PORT: String(ports.srt),
      HEADEND_ALLOWED_NETWORKS: "127.0.0.0/8",
      HEADEND_MULTICAST_INTERFACE: "127.0.0.1",
      HEADEND_LOG_LEVEL: "error",
      ...own,
    };
    this.#headend = this.#spawn();
  }

  /** `own`: settings beside those that every product of a test has. */
  static async start(own: Readonly<Record<string, string>> = {}): Promise<LiveProduct> {
    const product = new LiveProduct({ http: await freeTcpPort(), rtmp: await freeTcpPort(), srt: await freeUdpPort() }, own);
    await product.#connect();
    return product;
  }

  get pid(): number {
    return this.#headend.child.pid ?? 0;
  }

  get client(): GraphqlClient {
    if (!this.#client) throw new Error("It is not started");
    return this.#client;
  }

  /** As `kill -9` does, and a start as after it. */
  async killAndStart(): Promise<void> {
    this.#headend.child.kill("SIGKILL");
    await this.#headend.finished;
    await this.#client?.close().catch(() => undefined);
    this.#headend = this.#spawn();
    await this.#connect();
  }

  /** Another one that has to make do with the same ports for senders. */
  startSecond(): { readonly headend: HeadendProcess; readonly directory: string } {
    const directory = join(this.directory, "second");
    const environment = { ...this.#environment, PORT: "0", HEADEND_DATA_DIR: directory, HEADEND_LOG_LEVEL: "warn" };
    return { headend: startHeadend(["start"], { environment }), directory };
  }

  async close(): Promise<void> {
    await this.#client?.close();
    await this.#headend.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async createTemplate(name: string, renditions: readonly object[]): Promise<string> {
    const { createTemplate } = await this.client.graphql(
      `mutation Template($input: CreateTemplateInput!) { createTemplate(input: $input) { template { id } userErrors { code message } } }`,
      { input: { name, renditions } },
    );
    refuseErrors(createTemplate.userErrors);
    return createTemplate.template.id as string;
  }

  async createSession(input: object): Promise<string> {
    const { createSession } = await this.client.graphql(
      `mutation Session($input: CreateSessionInput!) { createSession(input: $input) { session { id } userErrors { code message path } } }`,
      { input },
    );
    refuseErrors(createSession.userErrors);
    return createSession.session.id as string;
  }

  /** Asks for it of one session, which has to accept. */
  async act(verb: Verb, id: string, toPath?: "A" | "B"): Promise<void> {
    const own = toPath === undefined ? "" : `, toPath: ${toPath}`;
    const data = await this.client.graphql(
      `mutation Act($ids: [ID!]) { ${verb}(input: { selection: { ids: $ids }${own} }) { acceptedCount results { error { code message } } } }`,
      { ids: [id] },
    );
    if (data[verb].acceptedCount !== 1) throw new Error(`${verb}: ${JSON.stringify(data)}`);
  }

  async reveal(id: string): Promise<string> {
    const { revealSecret } = await this.client.graphql(
      `mutation Reveal($id: ID!) { revealSecret(input: { id: $id }) { value userErrors { code message } } }`,
      { id },
    );
    refuseErrors(revealSecret.userErrors);
    return revealSecret.value as string;
  }

  async view(id: string): Promise<SessionView> {
    const { node } = await this.client.graphql<{ node: SessionView }>(VIEW, { id });
    return node;
  }

  /** The session once it is as it should be; fails with how it was last. */
  async until(what: string, id: string, fits: (view: SessionView) => boolean, milliseconds = 60_000): Promise<SessionView> {
    return await eventually(
      what,
      async () => {
        const view = await this.view(id);
        if (fits(view)) return view;
        throw new Error(JSON.stringify(view));
      },
      milliseconds,
    );
  }

  async untilFine(id: string): Promise<SessionView> {
    return await this.until("it runs, and all its outputs", id, isFine);
  }

  #spawn(): HeadendProcess {
    return startHeadend(["start"], { environment: this.#environment });
  }

  async #connect(): Promise<void> {
    const [, url = ""] = await this.#headend.wrote(/The API is at (\S+)\/graphql/);
    this.#client = createGraphqlClient(url, readFileSync(join(this.directory, "admin-key"), "utf8").trim());
  }
}

export function isFine({ status, health, playbacks }: SessionView): boolean {
  return (
    status === "RUNNING" && health === "OK" && playbacks.every((playback) => playback.status === "RUNNING" && playback.health === "OK")
  );
}

/** An alert of this code that is open. */
export function openAlert({ alerts }: SessionView, code: string): AlertView | undefined {
  return alerts.nodes.find((alert) => alert.code === code && alert.endedAt === null);
}

function refuseErrors(errors: readonly object[]): void {
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}

/** The lines of the first media playlist behind a master. */
export async function mediaPlaylist(master: string): Promise<{ readonly url: URL; readonly lines: readonly string[] }> {
  const name = (await (await fetch(master)).text()).split("\n").find((line) => line.endsWith(".m3u8")) ?? "";
  const url = new URL(name, master);
  return { url, lines: (await (await fetch(url)).text()).split("\n") };
}

export async function segmentsOf(master: string): Promise<readonly string[]> {
  return (await mediaPlaylist(master)).lines.filter((line) => /\.(ts|m4s)$/.test(line));
}
