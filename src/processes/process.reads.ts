import { and, eq, getColumns, sql, type SQL } from "drizzle-orm";
import { readStatePage, type StatePage, type StatePageQuery } from "../changes/state-page.store.ts";
import type { Executor } from "../database/database.ts";
import {
  keysetCondition,
  keysetLimit,
  keysetOrderBy,
  takePage,
  type KeysetOrder,
  type KeysetPage,
  type KeysetRows,
} from "../database/keyset.ts";
import { textList } from "../database/text-list.ts";
import { playbacks } from "../playbacks/playback.table.ts";
import { sessions } from "../sessions/session.table.ts";
import { renditions } from "../templates/template.table.ts";
import type { ProcessKind } from "./process.rules.ts";
import type { ProcessRow } from "./process.store.ts";
import { processStateJson, type ProcessState } from "./process.state.ts";
import { processes } from "./process.table.ts";

/** A process as it is shown. */
export interface ShownProcess extends ProcessRow {
  /** Whether its session is wanted and has not failed. */
  readonly isUnderWay: boolean;
}

const isUnderWay = sql<boolean>`(${sessions.desiredStatus} = 'RUNNING' and ${sessions.status} <> 'FAILED')`.as("is_under_way");
const OLDEST_FIRST: KeysetOrder = { key: processes.id, id: processes.id, isDescending: false };

function selectProcesses(executor: Executor) {
  return executor
    .select({ ...getColumns(processes), isUnderWay })
    .from(processes)
    .innerJoin(sessions, eq(sessions.id, processes.sessionId));
}

/** Which processes are meant; null says nothing, and all that is said must hold. */
export interface ProcessQuery {
  readonly organizationId: string;
  readonly kind: ProcessKind | null;
  readonly sessionId: string | null;
}

/** One page of processes, the oldest first. */
export async function pageProcesses(executor: Executor, query: ProcessQuery, page: KeysetPage): Promise<KeysetRows<ShownProcess>> {
  const rows = await selectProcesses(executor)
    .where(and(isMeant(query), keysetCondition(OLDEST_FIRST, page)))
    .orderBy(keysetOrderBy(OLDEST_FIRST, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countProcesses(executor: Executor, query: ProcessQuery): Promise<number> {
  return executor.$count(processes, isMeant(query));
}

function isMeant({ organizationId, kind, sessionId }: ProcessQuery): SQL | undefined {
  return and(
    eq(processes.organizationId, organizationId),
    kind === null ? undefined : eq(processes.kind, kind),
    sessionId === null ? undefined : eq(processes.sessionId, sessionId),
  );
}

/** Processes by id. */
export async function findProcesses(executor: Executor, organizationId: string, ids: readonly string[]): Promise<readonly ShownProcess[]> {
  return selectProcesses(executor).where(and(eq(processes.organizationId, organizationId), sql`${processes.id} = any(${textList(ids)})`));
}

/** The processes of sessions, in the order of their playbacks, their ladders and the kinds. */
export async function listProcessesOfSessions(
  executor: Executor,
  organizationId: string,
  sessionIds: readonly string[],
): Promise<readonly ShownProcess[]> {
  return selectProcesses(executor)
    .innerJoin(playbacks, eq(playbacks.id, processes.playbackId))
    .innerJoin(renditions, eq(renditions.id, processes.renditionId))
    .where(and(eq(processes.organizationId, organizationId), sql`${processes.sessionId} = any(${textList(sessionIds)})`))
    .orderBy(processes.sessionId, playbacks.position, playbacks.id, renditions.position, processes.kind);
}

/** The states of an organization's processes by id, and the snapshot that the one statement saw them in. */
export async function readProcessStates(
  executor: Executor,
  { organizationId, afterId, limit }: StatePageQuery,
): Promise<StatePage<ProcessState>> {
  return readStatePage(
    executor,
    sql`
      select c.id, ${processStateJson} as state from processes c
      where c.organization_id = ${organizationId} and c.id > ${afterId} order by c.id limit ${limit}`,
  );
}
