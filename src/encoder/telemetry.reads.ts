import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { sessionStateJson, type SessionState } from "../sessions/session.state.ts";
import { textList } from "../database/text-list.ts";
import type { TelemetrySample } from "./telemetry.rules.ts";

/** What an encoder told last of a session that it holds. */
export interface FreshTelemetry extends TelemetrySample {
  readonly sessionId: string;
  /** By the database's clock. */
  readonly at: Date;
  /** The encoder's name. */
  readonly encoder: string | null;
}

/** The same for those who follow an organization's sessions. */
export interface FollowedTelemetry extends FreshTelemetry {
  /** Null unless it was asked for. */
  readonly state: SessionState | null;
}

/** What is older was told by an encoder that is gone, or cannot reach the database. */
const FRESH_SECONDS = 5;

type TelemetryRow = Omit<FreshTelemetry, "at"> & { readonly at: string };

const COLUMNS = sql`
  t.session_id as "sessionId", to_json(t.at) #>> '{}' as at, e.name as encoder, t.frame_rate as "frameRate", t.speed,
  t.bitrate_kbps as "bitrateKbps", t.dropped_frames as "droppedFrames", t.path_a as "pathA", t.path_b as "pathB"`;

/** Only what the encoder says that holds the session now: one that lost its lease may go on for a moment. */
const FRESH = sql`
  session_telemetry t
  join sessions s on s.id = t.session_id and s.encoder_id = t.encoder_id
  left join encoders e on e.id = t.encoder_id`;
const IS_FRESH = sql`t.at > now() - ${FRESH_SECONDS}::integer * interval '1 second'`;

/** What is known now of sessions of one organization; those of which nothing is known are left out. */
export async function findTelemetry(
  executor: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<readonly FreshTelemetry[]> {
  const rows = await executor.execute<TelemetryRow & Record<string, unknown>>(sql`
    select ${COLUMNS} from ${FRESH}
    where s.organization_id = ${organizationId} and t.session_id = any(${textList(ids)}) and ${IS_FRESH}`);
  return rows.map(present);
}

/** The same of all sessions of an organization, in one statement, with what filters look at where that is wanted. */
export async function listTelemetry(
  executor: Executor,
  organizationId: string,
  { withStates }: { readonly withStates: boolean },
): Promise<readonly FollowedTelemetry[]> {
  const rows = await executor.execute<TelemetryRow & { state: SessionState | null } & Record<string, unknown>>(sql`
    select ${COLUMNS}, ${withStates ? sessionStateJson : sql`null::jsonb`} as state from ${FRESH}
    where s.organization_id = ${organizationId} and ${IS_FRESH} order by t.session_id`);
  return rows.map((row) => ({ ...present(row), state: row.state }));
}

function present({ sessionId, at, encoder, frameRate, speed, bitrateKbps, droppedFrames, pathA, pathB }: TelemetryRow): FreshTelemetry {
  return { sessionId, at: new Date(at), encoder, frameRate, speed, bitrateKbps, droppedFrames, pathA, pathB };
}
