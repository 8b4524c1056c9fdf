import { sql } from "drizzle-orm";
import { createSessions } from "../../../src/sessions/create-sessions.ts";
import { createSessionsInput } from "../../../src/sessions/session.input.ts";
import { createTemplate } from "../../../src/templates/create-template.ts";
import { createTemplateInput } from "../../../src/templates/template.input.ts";
import type { TestCaller } from "../../support/server.ts";

/** What is hard to write the same way twice: quotes, control characters, letters of every width, what JSON and SQL escape. */
const NAMES = [
  'Channel "1"',
  "channel \\10\\",
  "İstanbul 𝄞 end",
  "O'Brien — Straße",
  "<script>&amp;</script>",
  "a  b",
  "Ωmega ﬁ",
  "日本語チャンネル",
  "%\\u0041 _ / \\/",
  "$1 ${x} %s",
  "Éclair",
  "zz last",
];

const HTTP = { type: "HTTP", hlsEnabled: true } as const;
const PLAYBACKS = [
  [{ name: "web", ...HTTP }],
  [
    { name: "both", ...HTTP, dashEnabled: true },
    { name: "dash", type: "HTTP", hlsEnabled: false, dashEnabled: true },
  ],
  [
    {
      name: "srt",
      type: "SRT_PUSH",
      urls: ["srt://example.org:9000?passphrase=correct-horse-battery", "srt://example.org:9001"],
      programNumber: 7,
    },
    { name: "rtmp", type: "RTMP_PUSH", urls: ["rtmp://example.org/live/key-1", "rtmp://example.org/live/key-2"] },
    { name: "file", type: "FILE", urls: ["shows/one two.mp4"], fileFormat: "MP4", maxFileDurationSeconds: 300 },
  ],
  [{ name: "cmaf", type: "CMAF_PUSH", urls: ["https://user:secret@example.org/in"] }],
  [],
] as const;

const SOURCES = [
  { type: "MULTICAST_PULL", urlA: "udp://239.1.0.134:5000" },
  {
    type: "MULTICAST_PULL",
    urlA: "udp://239.1.0.135:5000",
    urlB: "udp://239.1.0.136:5000",
    failover: { recoveryIntervalSeconds: 120, errorThresholdPercent: 0.1 },
  },
  { type: "RTMP_PUSH" },
  { type: "SRT_PUSH", srtEncryptionEnabled: true, srtPassphrase: "ten letters at least" },
  { type: "HLS_PULL", urlA: "https://example.org/in.m3u8?token=secret" },
] as const;

export interface VariedData {
  readonly sessionIds: readonly string[];
  readonly templateIds: readonly string[];
}

/** Sessions of every kind with their outputs and alerts, of one organization. */
export async function insertVariedData({
  context,
  database: { executor },
}: Pick<TestCaller, "context"> & { database: TestCaller["context"]["database"] }): Promise<VariedData> {
  const renditions = [
    {
      name: "360p",
      videoCodec: "H264",
      width: 640,
      height: 360,
      videoBitrateKbps: 1000,
      frameRate: 29.97,
      audioCodec: "AAC",
      audioBitrateKbps: 96,
    },
    { name: "Source", isPassthrough: true },
  ];
  const templateIds: string[] = [];
  for (const name of ['Two "steps"', "Straße", "Unused"]) {
    const description = name === "Unused" ? null : `About ${name}`;
    templateIds.push(
      await createTemplate(context, createTemplateInput.parse({ name, description, isDefault: name === "Straße", renditions })),
    );
  }
  const sessions = Array.from({ length: 17 }, (_, index) => ({
    name: `${NAMES[index % NAMES.length]}${index >= NAMES.length ? " again" : ""}`,
    description: index % 3 ? `Line 1\nLine ${index} "quoted" \\ 𝄞` : null,
    externalId: index % 2 ? `external/${index}` : null,
    labels: ["sport", 'quo"ted', "a,b", "{curly}", "ä"].slice(0, index % 6),
    slatesEnabled: index % 2 === 0,
    source: SOURCES[index % SOURCES.length],
    streamRemap: index % SOURCES.length < 2 ? [{ priority: 1, type: "VIDEO", language: "any", mode: "REMAP" }] : [],
    playbacks: PLAYBACKS[index % PLAYBACKS.length]?.map((each) => ({ ...each, templateId: templateIds[index % 2] })),
  }));
  const sessionIds = (await createSessions(context, createSessionsInput.parse({ sessions }))).ids;
  const ids = sql`${sql.param([...sessionIds])}::text[]`;
  await executor.execute(sql`
    update sessions s set
      status = (array['STOPPED', 'STARTING', 'WAITING', 'RUNNING', 'STOPPING', 'FAILED'])[1 + place % 6],
      health = (array['OK', 'WARNING', 'ERROR'])[1 + place % 3],
      status_reason = case when place % 2 = 0 then 'Why "' || place || E'"\\u2028\\t\\b\\x7f\\\\ \\u0001' end,
      running_since = case when place % 4 = 0 then timestamptz '2026-02-28 23:59:59.9+05' + place * interval '1 ms' end,
      last_seen_at = case when place % 3 <> 0 then timestamptz '1999-01-01 00:00:00Z' + place * interval '30 days' end,
      next_recovery_at = case when recovery_interval_seconds is not null then now() end,
      last_command_verb = case when place % 5 <> 0 then last_command_verb end,
      active_path = case when place % 7 = 0 then 'B' else 'A' end, is_slate_showing = place % 4 = 1
    from unnest(${ids}) with ordinality as item (id, place) where s.id = item.id`);
  await executor.execute(sql`
    insert into alerts (id, organization_id, session_id, session_name, subject_id, code, severity, message, count, first_seen_at, last_seen_at, is_active,
      ended_at, end_reason, cleared_by, acknowledged_at, acknowledged_by, snoozed_until, note)
    select 'alert_' || lpad(to_hex(number * 100 + place), 10, '0') || right(s.id, 16), s.organization_id, s.id, s.name,
      case when number = 1 then coalesce((select min(p.id) from playbacks p where p.session_id = s.id), s.id) else s.id end,
      (array['INPUT_LOST', 'OUTPUT_FAILED', 'ENCODER_LOST', 'SLOW_ENCODING'])[number], case when (place + number) % 3 = 0 then 'ERROR' else 'WARNING' end,
      'Message "' || number || '" \\ of ' || s.name, number, now() - interval '1 day', timestamptz '2026-01-01T00:00:00Z', number <> 4,
      ended.at, case when ended.at is not null then 'CLEARED' end, case when ended.at is not null then 'key:"Playout"' end,
      case when number = 2 then now() end, case when number = 2 then 'key:Night' end, case when number = 2 then now() + interval '1 hour' end,
      case when number = 2 then 'Noted:\n\t"yes"' end
    from sessions s join unnest(${ids}) with ordinality as item (id, place) on item.id = s.id,
      generate_series(1, 4) as n (number), lateral (select case when (place + number) % 5 = 0 then now() end as at) as ended
    where place % 4 >= number % 4`);
  await executor.execute(sql`
    update sessions s set open_alert_count = (select count(*) from alerts a where a.session_id = s.id and a.ended_at is null) where s.id = any(${ids})`);
  return { sessionIds, templateIds };
}
