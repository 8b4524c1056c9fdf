CREATE TABLE "audit_entries" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"actor" text NOT NULL,
	"ip_address" text,
	"verb" text NOT NULL,
	"object_ids" text[] NOT NULL,
	"outcome" text NOT NULL,
	"request_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"session_id" text,
	"session_name" text,
	"subject_id" text NOT NULL,
	"code" text NOT NULL,
	"severity" text NOT NULL,
	"message" text NOT NULL,
	"count" integer DEFAULT 1 NOT NULL,
	"first_seen_at" timestamp(3) with time zone NOT NULL,
	"last_seen_at" timestamp(3) with time zone NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"occurrences" integer DEFAULT 0 NOT NULL,
	"ended_at" timestamp(3) with time zone,
	"end_reason" text,
	"cleared_by" text,
	"acknowledged_at" timestamp(3) with time zone,
	"acknowledged_by" text,
	"snoozed_until" timestamp(3) with time zone,
	"note" text
);
--> statement-breakpoint
CREATE UNLOGGED TABLE "session_telemetry" (
	"session_id" text PRIMARY KEY,
	"encoder_id" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"frame_rate" double precision,
	"speed" double precision,
	"bitrate_kbps" double precision,
	"dropped_frames" integer,
	"path_a" jsonb,
	"path_b" jsonb
);
--> statement-breakpoint
CREATE TABLE "images" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"kind" text NOT NULL,
	"path_token" text NOT NULL CONSTRAINT "images_path_token" UNIQUE,
	"content_type" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"bytes" bytea NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "input_switches" (
	"id" text PRIMARY KEY,
	"session_id" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"from_path" text NOT NULL,
	"to_path" text NOT NULL,
	"reason" text NOT NULL,
	"actor" text
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"session_id" text,
	"session_name" text NOT NULL,
	"generation" integer NOT NULL,
	"started_at" timestamp(3) with time zone NOT NULL,
	"started_by" text,
	"ended_at" timestamp(3) with time zone,
	"stopped_by" text,
	"end_reason" text,
	CONSTRAINT "runs_by_session" UNIQUE("session_id","generation")
);
--> statement-breakpoint
ALTER TABLE "encoders" ADD COLUMN "ingest_addresses" jsonb DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "rolling_restarts" ADD COLUMN "actor" text;--> statement-breakpoint
ALTER TABLE "secrets" ADD COLUMN "stream_key_digest" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "cover_image_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "slate_image_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "path_command_number" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "path_command_to" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "path_command_actor" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "is_slate_wanted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "is_slate_showing" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "next_recovery_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "open_alert_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "audit_entries_by_organization" ON "audit_entries" ("organization_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_open_by_subject" ON "alerts" ("subject_id","code") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "alerts_by_session" ON "alerts" ("session_id","id");--> statement-breakpoint
CREATE INDEX "alerts_known_by_session" ON "alerts" ("session_id") WHERE ended_at is null or occurrences > 0;--> statement-breakpoint
CREATE INDEX "alerts_by_organization" ON "alerts" ("organization_id","id");--> statement-breakpoint
CREATE INDEX "alerts_open_by_organization" ON "alerts" ("organization_id","id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "alerts_fading" ON "alerts" ("last_seen_at") WHERE ended_at is null and not is_active;--> statement-breakpoint
CREATE INDEX "session_telemetry_by_encoder" ON "session_telemetry" ("encoder_id");--> statement-breakpoint
CREATE INDEX "images_by_organization" ON "images" ("organization_id");--> statement-breakpoint
CREATE INDEX "input_switches_by_session" ON "input_switches" ("session_id","id");--> statement-breakpoint
CREATE INDEX "runs_by_organization" ON "runs" ("organization_id","id");--> statement-breakpoint
CREATE INDEX "runs_open" ON "runs" ("session_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "secrets_by_stream_key" ON "secrets" ("stream_key_digest");--> statement-breakpoint
CREATE INDEX "sessions_with_open_alerts" ON "sessions" ("organization_id") WHERE open_alert_count > 0;--> statement-breakpoint
CREATE INDEX "sessions_by_cover_image" ON "sessions" ("cover_image_id") WHERE cover_image_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_slate_image" ON "sessions" ("slate_image_id") WHERE slate_image_id is not null;--> statement-breakpoint
ALTER TABLE "audit_entries" ADD CONSTRAINT "audit_entries_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "images" ADD CONSTRAINT "images_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "input_switches" ADD CONSTRAINT "input_switches_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE SET NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_cover_image_id_images_id_fkey" FOREIGN KEY ("cover_image_id") REFERENCES "images"("id") ON DELETE SET NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_slate_image_id_images_id_fkey" FOREIGN KEY ("slate_image_id") REFERENCES "images"("id") ON DELETE SET NULL;