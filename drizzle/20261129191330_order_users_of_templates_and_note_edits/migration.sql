-- Sessions first, as whoever writes does, so that neither waits for the other.
LOCK TABLE "sessions", "playbacks" IN ACCESS EXCLUSIVE MODE;--> statement-breakpoint
ALTER TABLE "playbacks" ADD COLUMN "session_name_order" text collate "C";--> statement-breakpoint
UPDATE "playbacks" p SET "session_name_order" = s."name_order" FROM "sessions" s WHERE s."id" = p."session_id";--> statement-breakpoint
ALTER TABLE "playbacks" ALTER COLUMN "session_name_order" SET NOT NULL;--> statement-breakpoint
DROP INDEX "playbacks_by_template";--> statement-breakpoint
CREATE INDEX "playbacks_by_template" ON "playbacks" ("template_id","session_name_order","session_id");--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "has_edits" boolean DEFAULT false NOT NULL;--> statement-breakpoint
-- What was edited before this was noted: ladders that differ from those started with, renditions' ids aside, and processes.
UPDATE "sessions" s SET "has_edits" = true WHERE s."desired_status" = 'RUNNING' AND s."status" <> 'FAILED' AND (
  EXISTS (
    SELECT FROM "playbacks" p JOIN "templates" t ON t."id" = p."template_id"
    WHERE p."session_id" = s."id" AND p."started_renditions" IS NOT NULL AND p."started_template_version" IS DISTINCT FROM t."version"
      AND (SELECT jsonb_agg(item.rendition - 'id' ORDER BY item.place) FROM jsonb_array_elements(p."started_renditions") WITH ORDINALITY AS item (rendition, place))
        IS DISTINCT FROM (
          SELECT jsonb_agg(
            CASE WHEN r."is_passthrough" THEN jsonb_build_object('name', r."name", 'isPassthrough', true)
            ELSE jsonb_build_object(
              'name', r."name", 'isPassthrough', false, 'videoCodec', r."video_codec", 'width', r."width", 'height', r."height",
              'videoBitrateKbps', r."video_bitrate_kbps", 'frameRate', r."frame_rate", 'audioCodec', r."audio_codec",
              'audioBitrateKbps', r."audio_bitrate_kbps")
            END ORDER BY r."position")
          FROM "renditions" r WHERE r."template_id" = t."id"))
  OR EXISTS (
    SELECT FROM "processes" c
    WHERE c."session_id" = s."id"
      AND (coalesce((c."started_settings" ->> 'isEnabled')::boolean, false) OR (c."is_enabled" AND NOT c."is_removed"))
      AND (c."is_removed" OR c."started_settings" IS DISTINCT FROM jsonb_build_object(
        'isEnabled', c."is_enabled", 'intervalSeconds', c."interval_seconds", 'durationSeconds', c."duration_seconds"))));--> statement-breakpoint
CREATE INDEX "sessions_with_pending_changes" ON "sessions" ("organization_id","name_order","id") WHERE has_edits and desired_status = 'RUNNING' and status <> 'FAILED';
