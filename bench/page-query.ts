import { deepStrictEqual } from "node:assert";
import type { ChildProcess } from "node:child_process";
import { createOrganization } from "../src/organizations/create-organization.ts";
import { startGateway } from "./gateway-process.ts";
import { openBenchInstallation, type Installation } from "./installation.ts";
import { median, reportAtLeast, report } from "./measure.ts";
import { fillOrganization } from "./page-query.data.ts";
import { benchFilters } from "./page-query.filters.ts";
import { pageOf, POSTGRAPHILE_QUERY, presentPostgraphile, SESSIONS_QUERY, TWO_PAGES_QUERY, type Page } from "./page-query.documents.ts";
import { askOnce, installPeers, load, startLoad, startPeer, type ListServer, type LoadResult, type PeerName } from "./peer-process.ts";

const SESSIONS = 10_000;
const MANY_SESSIONS = 100_000;
const PAGE_SIZE = 50;
const CONNECTIONS = 32;
const POOL_CONNECTIONS = 10;
const ROUNDS = 5;
const ROUND_SECONDS = 2;
const PUBLIC_URL = "http://127.0.0.1:4000";
/** More points than 32 connections spend: what is counted is counted, and nobody is refused. */
const QUOTA = "999999999";

const GATEWAY_ENVIRONMENT = {
  HEADEND_PUBLIC_URL: PUBLIC_URL,
  HEADEND_DATABASE_CONNECTIONS: String(POOL_CONNECTIONS),
  HEADEND_RATE_LIMIT: QUOTA,
  HEADEND_RATE_LIMIT_BURST: QUOTA,
  HEADEND_LOG_LEVEL: "info",
};

const LEAST_OF_LIMIT = 0.8;
const LEAST_OF_PEERS = { mercurius: 1.6, yoga: 3, postgraphile: 3 } as const;

interface Contestant {
  readonly server: ListServer;
  readonly body: string;
}

/** A page of sessions with all that a table of them shows: by the gateway, by one statement written by hand, and by others' servers. */
export async function benchPageQuery(): Promise<void> {
  installPeers();
  const installation = await openBenchInstallation();
  const { organizationId } = installation.context.actor;
  await fillOrganization(installation, { organizationId, count: SESSIONS, alertEvery: 1 });
  const gateway = await startGateway(installation, GATEWAY_ENVIRONMENT);
  const ours = listServer(gateway, installation.adminKey);
  const order = { address: installation.address, connections: POOL_CONNECTIONS, organizationId, publicUrl: PUBLIC_URL };
  const [limit, mercurius, yoga, postgraphile] = (await Promise.all(
    (["one-statement", "mercurius", "yoga", "postgraphile"] satisfies PeerName[]).map((name) => startPeer(name, order)),
  )) as [ListServer, ListServer, ListServer, ListServer];
  const generator = startLoad();
  const bench: Bench = { generator, postgresPid: installation.postgresPid };
  try {
    await comparePeers(bench, organizationId, { ours, limit, mercurius, yoga, postgraphile });
    await compareSizes(bench, ours, limit);
    await compareDepth(bench, ours, limit);
    await benchMany(installation);
  } finally {
    for (const child of [gateway.process, generator, ...[limit, mercurius, yoga, postgraphile].map((server) => server.process)])
      child.kill("SIGKILL");
    await installation.close();
  }
}

interface Bench {
  readonly generator: ChildProcess;
  readonly postgresPid: number;
}

async function comparePeers(
  bench: Bench,
  organizationId: string,
  servers: Readonly<Record<"ours" | "limit" | keyof typeof LEAST_OF_PEERS, ListServer>>,
): Promise<void> {
  const body = JSON.stringify({ query: SESSIONS_QUERY, variables: { first: PAGE_SIZE } });
  const postgraphileBody = JSON.stringify({ query: POSTGRAPHILE_QUERY, variables: { first: PAGE_SIZE, organizationId } });
  const wanted = await pageOf(servers.ours, body);
  for (const name of ["limit", "mercurius", "yoga"] as const) deepStrictEqual(await pageOf(servers[name], body), wanted, name);
  deepStrictEqual(presentPostgraphile(await askOnce(servers.postgraphile, postgraphileBody), PUBLIC_URL), wanted.nodes, "postgraphile");

  const results = await compete(bench, {
    limit: { server: servers.limit, body },
    ours: { server: servers.ours, body },
    mercurius: { server: servers.mercurius, body },
    yoga: { server: servers.yoga, body },
    postgraphile: { server: servers.postgraphile, body: postgraphileBody },
  });
  for (const [name, result] of Object.entries(results)) console.log(`     ${name}: ${show(result)}`);
  const ratio = (name: keyof typeof results): number => results.ours.perSecond / results[name].perSecond;
  reportAtLeast(
    `${PAGE_SIZE} sessions, in requests/s / one statement`,
    ratio("limit"),
    LEAST_OF_LIMIT,
    processorRatio(results.ours, results.limit),
  );
  for (const name of ["mercurius", "yoga", "postgraphile"] as const) {
    reportAtLeast(`the same / ${name}`, ratio(name), LEAST_OF_PEERS[name], processorRatio(results.ours, results[name]));
  }
}

/** A page has at most 100 sessions: 200 are two of them in one request, of which the second begins where the first ends. */
async function compareSizes(bench: Bench, ours: ListServer, limit: ListServer): Promise<void> {
  const of = (query: string, variables: object): string => JSON.stringify({ query, variables });
  const { pageInfo } = await pageOf(ours, of(SESSIONS_QUERY, { first: 100 }));
  const two = of(TWO_PAGES_QUERY, { first: 100, after: pageInfo.endCursor });
  const [wanted, given] = [
    await pageOf(limit, of(SESSIONS_QUERY, { first: 200 })),
    await askOnce<Readonly<Record<string, Page>>>(ours, two),
  ];
  deepStrictEqual(
    Object.values(given).flatMap((page) => page.nodes),
    wanted.nodes,
  );
  const bodies = { 1: of(SESSIONS_QUERY, { first: 1 }), 200: two } as const;
  for (const size of [1, 200] as const) {
    const results = await compete(bench, {
      limit: { server: limit, body: of(SESSIONS_QUERY, { first: size }) },
      ours: { server: ours, body: bodies[size] },
    });
    reportAtLeast(
      `${size} session${size === 1 ? "" : "s"}, in requests/s / one statement`,
      results.ours.perSecond / results.limit.perSecond,
      LEAST_OF_LIMIT,
      `${show(results.ours)} / ${show(results.limit)}`,
    );
  }
}

async function compareDepth(bench: Bench, ours: ListServer, limit: ListServer): Promise<void> {
  const lastPage = SESSIONS / PAGE_SIZE;
  const bodyOf = (after: string | null): string => JSON.stringify({ query: SESSIONS_QUERY, variables: { first: PAGE_SIZE, after } });
  let after: string | null = null;
  for (let page = 1; page < lastPage; page += 1) after = (await pageOf(limit, bodyOf(after))).pageInfo.endCursor;
  const last = await pageOf(ours, bodyOf(after));
  deepStrictEqual(last, await pageOf(limit, bodyOf(after)));
  if (last.nodes.length !== PAGE_SIZE || last.pageInfo.hasNextPage) throw new Error("This is not the last page");
  const { first, deep } = await compete(bench, {
    first: { server: ours, body: bodyOf(null) },
    deep: { server: ours, body: bodyOf(after) },
  });
  report(`page ${lastPage} / page 1, in time`, first.perSecond / deep.perSecond, 1.2, `${show(deep)} / ${show(first)}`);
}

/** Search and filters, in an organization of its own. */
async function benchMany(installation: Installation): Promise<void> {
  const { database } = installation.context;
  const { id: organizationId, adminKey } = await createOrganization(database, "Many", { packages: [] });
  await fillOrganization(installation, { organizationId, count: MANY_SESSIONS, alertEvery: 100 });
  await benchFilters(installation, {
    start: async () => listServer(await startGateway(installation, GATEWAY_ENVIRONMENT), adminKey),
    organizationId,
    count: MANY_SESSIONS,
  });
}

function listServer({ url, process }: { readonly url: string; readonly process: ChildProcess }, key: string): ListServer {
  return { url: `${url}/graphql`, headers: { authorization: `Bearer ${key}` }, process };
}

/**
 * Medians of rounds in which each contestant has its turn. Every request is answered, so that a round is a number of them: what the
 * contestant did in about two seconds of the round before. The first two warm up, and are not counted.
 */
async function compete<Name extends string>(
  { generator, postgresPid }: Bench,
  contestants: Readonly<Record<Name, Contestant>>,
): Promise<Readonly<Record<Name, LoadResult>>> {
  const names = Object.keys(contestants) as Name[];
  const rounds: Readonly<Record<Name, LoadResult>>[] = [];
  const amounts = Object.fromEntries(names.map((name) => [name, CONNECTIONS])) as Record<Name, number>;
  for (let round = -1; round <= ROUNDS; round += 1) {
    const results = {} as Record<Name, LoadResult>;
    for (const name of names) {
      const { server, body } = contestants[name];
      results[name] = await load(generator, server, postgresPid, { body, connections: CONNECTIONS, amount: amounts[name] });
      if (round <= 0) amounts[name] = CONNECTIONS * Math.max(1, Math.round((results[name].perSecond * ROUND_SECONDS) / CONNECTIONS));
    }
    if (round > 0) rounds.push(results);
  }
  const middle = (name: Name, field: keyof LoadResult): number => median(rounds.map((results) => results[name][field]));
  const middles = names.map((name) => [
    name,
    {
      perSecond: middle(name, "perSecond"),
      processorMilliseconds: middle(name, "processorMilliseconds"),
      databaseMilliseconds: middle(name, "databaseMilliseconds"),
    },
  ]);
  return Object.fromEntries(middles) as Record<Name, LoadResult>;
}

function show({ perSecond, processorMilliseconds, databaseMilliseconds }: LoadResult): string {
  return `${Math.round(perSecond)} requests/s, ${processorMilliseconds.toFixed(2)} ms and PostgreSQL's ${databaseMilliseconds.toFixed(2)} ms of processor time each`;
}

function processorRatio(ours: LoadResult, other: LoadResult): string {
  return `(processor time ${(ours.processorMilliseconds / other.processorMilliseconds).toFixed(2)}, PostgreSQL's ${(ours.databaseMilliseconds / other.databaseMilliseconds).toFixed(2)})`;
}
