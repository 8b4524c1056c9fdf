import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Installation } from "./installation.ts";
import { median, report } from "./measure.ts";
import { askOnce, type ListServer } from "./peer-process.ts";

const PAGE_SIZE = 50;
const REQUESTS = 5;
/** What the gateway does by itself meanwhile is written down as well; most of that asks for every organization's. */
const OF_A_TENANT = /organization_id"? = /;
/** The least of some requests is that of the request alone. */
const PLANNED_REQUESTS = 3;
/** Rows that a page of 50 may look at: by an index, with what each page throws away. A list without one reads all of them. */
const ROWS_READ_LIMIT = 2_000;

const LIST_QUERY = `query ($first: Int, $filter: SessionFilter, $orderBy: SessionOrder) {
  sessions(first: $first, filter: $filter, orderBy: $orderBy) { nodes { id name } pageInfo { hasNextPage endCursor } }
}`;

/** Where the organization is, and how a gateway with its key is started. */
interface Many {
  readonly start: () => Promise<ListServer>;
  readonly organizationId: string;
  readonly count: number;
}

/** How long each filter and each order takes, how many rows PostgreSQL looks at for it, and by which index. */
export async function benchFilters(installation: Installation, { start, organizationId, count }: Many): Promise<void> {
  const wanted = await listWanted(installation, organizationId, count);
  const timed = await start();
  const explained = await withPlans(installation, start);
  try {
    for (const [name, variables] of Object.entries(wanted)) {
      const body = JSON.stringify({ query: LIST_QUERY, variables: { first: PAGE_SIZE, ...variables } });
      const taken: number[] = [];
      // The first request warms up and is not counted.
      for (let request = 0; request <= REQUESTS; request += 1) {
        const startedAt = performance.now();
        await askOnce(timed, body);
        if (request > 0) taken.push(performance.now() - startedAt);
      }
      const { rows, indexes } = await explained.readingOf(body);
      report(`rows read for ${name}`, rows, ROWS_READ_LIMIT, `by ${indexes.join(", ")}; ${median(taken).toFixed(1)} ms`);
    }
  } finally {
    timed.process.kill("SIGKILL");
    explained.server.process.kill("SIGKILL");
  }
}

async function listWanted({ bare }: Installation, organizationId: string, count: number): Promise<Readonly<Record<string, object>>> {
  const [session] = await bare<{ id: string; stream_id: string }[]>`
    select id, stream_id from sessions where organization_id = ${organizationId} and name = ${`Channel ${count}`}`;
  const templates = await bare<{ id: string }[]>`
    select id from templates where organization_id = ${organizationId} and name in ('Rare', 'Ladder 1') order by name desc`;
  const [rare, common] = templates;
  if (!session || !rare || !common) throw new Error("The sessions are missing");
  const filters: Readonly<Record<string, object>> = {
    "no filter": {},
    "search of what most have": { search: "channel" },
    "search of what one has": { search: `number ${count} ` },
    "search of what none has": { search: "nothing like it" },
    ids: { ids: [session.id] },
    names: { names: [`channel ${count}`] },
    externalIds: { externalIds: [`key-${count}`] },
    streamIds: { streamIds: [session.stream_id] },
    "labels, of one in 500": { labels: ["rack-7"] },
    "status RUNNING, of one in 10": { status: ["RUNNING"] },
    "status FAILED, of one in 100": { status: ["FAILED"] },
    "status WAITING, of none": { status: ["WAITING"] },
    "health ERROR, of one in 200": { health: ["ERROR"] },
    "inputType SRT_PUSH, of one in 100": { inputType: ["SRT_PUSH"] },
    "inputType HLS_PULL, of none": { inputType: ["HLS_PULL"] },
    "templateId, of one in 100": { templateId: rare.id },
    "hasOpenAlert, of one in 100": { hasOpenAlert: true },
    "templateId, of one in 6": { templateId: common.id },
    "hasPendingChanges, of one in 200": { hasPendingChanges: true },
    "hasPendingChanges and status, of none": { hasPendingChanges: true, status: ["WAITING"] },
    "hasEvent, of none": { hasEvent: true },
    "status and search": { status: ["FAILED"], search: "channel" },
  };
  const orders = ["CREATED_AT", "STATUS", "HEALTH", "STATUS_CHANGED_AT"];
  return {
    ...Object.fromEntries(Object.entries(filters).map(([name, filter]) => [name, { filter }])),
    ...Object.fromEntries(orders.map((orderBy) => [`order ${orderBy}`, { orderBy }])),
  };
}

/** What lists are read of, and by what. */
const isRead = /^(sessions|playbacks)(_|$)/;

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly PlanNode[];
}

interface WrittenPlan {
  readonly "Query Text": string;
  readonly Plan: PlanNode;
}

interface Reading {
  /** Of sessions and their playbacks, those thrown away among them. */
  readonly rows: number;
  readonly indexes: readonly string[];
}

/** A gateway of whose statements PostgreSQL writes down the plans as they ran; its times are worth nothing. */
async function withPlans(installation: Installation, start: () => Promise<ListServer>) {
  const { bare, address, directory } = installation;
  const settings = {
    session_preload_libraries: "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
    "auto_explain.log_parameter_max_length": "0",
  };
  for (const [name, value] of Object.entries(settings)) await bare.unsafe(`alter database ${address.database} set ${name} = '${value}'`);
  const server = await start();
  for (const name of Object.keys(settings)) await bare.unsafe(`alter database ${address.database} reset ${name}`);
  const readLog = (): string => readFileSync(join(directory, "postgres.log"), "utf8");
  return {
    server,
    async readingOf(body: string): Promise<Reading> {
      const readings: Reading[] = [];
      for (let request = 0; request < PLANNED_REQUESTS; request += 1) {
        const before = readLog().length;
        await askOnce(server, body);
        // A plan is logged before the statement's end is told to whoever sent it.
        readings.push(readPlans(plansIn(readLog().slice(before)).flatMap(flatten)));
      }
      return readings.reduce((least, reading) => (reading.rows < least.rows ? reading : least));
    },
  };
}

function readPlans(nodes: readonly PlanNode[]): Reading {
  const scans = nodes.filter(({ "Relation Name": table, "Index Name": index }) => isRead.test(table ?? "") || isRead.test(index ?? ""));
  if (scans.length === 0) throw new Error("No plan of a list of sessions was written down");
  return { rows: scans.reduce((sum, node) => sum + rowsOf(node), 0), indexes: [...new Set(nodes.flatMap(nameOf))] };
}

/** The lines of a plan begin with a tab, below the line that tells of it. */
function plansIn(log: string): readonly PlanNode[] {
  return [...log.matchAll(/ plan:\n((?:\t.*\n)+)/g)]
    .map(([, text]) => JSON.parse(text ?? "") as WrittenPlan)
    .filter((written) => OF_A_TENANT.test(written["Query Text"]))
    .map((written) => written.Plan);
}

function flatten(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

function rowsOf(node: PlanNode): number {
  // What a bitmap's index scan found is read, and counted, by the scan of the table above it.
  if (node["Node Type"] === "Bitmap Index Scan") return 0;
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  return Math.round((node["Actual Rows"] + removed) * node["Actual Loops"]);
}

function nameOf(node: PlanNode): readonly string[] {
  const index = node["Index Name"];
  if (index !== undefined) return isRead.test(index) ? [index] : [];
  return node["Node Type"] === "Seq Scan" && node["Relation Name"] === "sessions" ? ["no index"] : [];
}
