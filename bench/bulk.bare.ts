import type { Sql, TransactionSql } from "postgres";

/** The verbs that are measured. */
export type BulkVerbName = "start" | "stop" | "delete";

export interface BareCaller {
  readonly organizationId: string;
  /** As the change log and the audit name whoever asked. */
  readonly actor: string;
}

/** What each verb writes, as whoever knows all in advance would write it: one statement for each table, in one transaction. */
export async function writeBare(bare: Sql, verb: BulkVerbName, caller: BareCaller, ids: readonly string[]): Promise<void> {
  await bare.begin(async (transaction) => {
    await WRITES[verb](transaction, caller, [...ids]);
    await transaction`
      insert into audit_entries (id, organization_id, at, actor, ip_address, verb, object_ids, outcome, request_id)
      values (${`auditentry_${Date.now()}`}, ${caller.organizationId}, now(), ${caller.actor}, '127.0.0.1', ${verb.toUpperCase()}, ${[...ids]},
        'ACCEPTED', 'bare')`;
  });
}

type Write = (transaction: TransactionSql, caller: BareCaller, ids: string[]) => Promise<void>;

const WRITES: Readonly<Record<BulkVerbName, Write>> = {
  async start(transaction, caller, ids) {
    await transaction`
      update sessions set
        desired_status = 'RUNNING', status = 'STARTING', health = 'OK', status_reason = null, status_changed_at = now(),
        generation = generation + 1, running_since = null, path_command_to = null, path_command_actor = null, is_slate_wanted = false,
        last_command_verb = 'START', last_command_actor = ${caller.actor}, last_command_at = now()
      where id = any(${ids}) and status in ('STOPPED', 'FAILED')`;
    await transaction`
      insert into runs (id, organization_id, session_id, session_name, generation, started_at, started_by)
      select 'run_' || substr(id, 9), organization_id, id, name, generation, now(), ${caller.actor} from sessions where id = any(${ids})`;
    await transaction`
      with ladders as materialized (
        select t.id, t.version, (
          select jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name, 'isPassthrough', true) order by r.position)
          from renditions r where r.template_id = t.id) as ladder
        from templates t)
      update playbacks p set
        status = 'STARTING', health = 'OK', status_reason = null,
        started_generation = s.generation, started_template_version = ladders.version, started_renditions = ladders.ladder
      from ladders, sessions s where ladders.id = p.template_id and s.id = p.session_id and s.id = any(${ids})`;
    await tell(transaction, caller, { ids, kind: "STATUS_CHANGED", before: { status: "STOPPED" }, after: { status: "STARTING" } });
  },
  async stop(transaction, caller, ids) {
    await transaction`
      update sessions set desired_status = 'STOPPED', status = 'STOPPING', status_reason = null, status_changed_at = now(),
        last_command_verb = 'STOP', last_command_actor = ${caller.actor}, last_command_at = now()
      where id = any(${ids}) and status <> 'STOPPED'`;
    await transaction`update runs set stopped_by = ${caller.actor} where session_id = any(${ids}) and ended_at is null`;
    await transaction`update playbacks set status = 'STOPPING' where session_id = any(${ids}) and status <> 'STOPPED'`;
    await tell(transaction, caller, { ids, kind: "STATUS_CHANGED", before: { status: "RUNNING" }, after: { status: "STOPPING" } });
  },
  async delete(transaction, caller, ids) {
    await tell(transaction, caller, { ids, kind: "DELETED", before: {}, after: null });
    await transaction`delete from sessions where id = any(${ids}) and status in ('STOPPED', 'FAILED')`;
  },
};

interface Told {
  readonly ids: string[];
  readonly kind: string;
  readonly before: object;
  readonly after: object | null;
}

/** A row of the change log for each session; PostgreSQL makes what it was and what it is of the row that it has. */
async function tell(transaction: TransactionSql, { organizationId, actor }: BareCaller, { ids, kind, before, after }: Told): Promise<void> {
  await transaction`
    insert into changes (organization_id, object, object_id, kind, at, actor, before, after)
    select ${organizationId}, 'SESSION', id, ${kind}, now(), ${actor}, state || ${JSON.stringify(before)}::text::jsonb,
      state || ${after && JSON.stringify(after)}::text::jsonb
    from (
      select s.id, item.place, jsonb_build_object(
        'name', s.name, 'description', s.description, 'streamId', s.stream_id, 'externalId', s.external_id, 'labels', s.labels,
        'region', s.region, 'inputType', s.input_type, 'status', s.status, 'health', s.health, 'hasOpenAlert', s.open_alert_count > 0,
        'hasEvent', s.event_id is not null, 'hasPendingChanges', false,
        'templateIds', (select jsonb_agg(distinct p.template_id) from playbacks p where p.session_id = s.id)) as state
      from unnest(${ids}::text[]) with ordinality as item (id, place) join sessions s on s.id = item.id) each
    order by place`;
}
