CREATE TABLE "assets" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"status_reason" text,
	"session_id" text,
	"process_id" text,
	"run_id" text NOT NULL,
	"playback_name" text,
	"rendition_name" text,
	"encoder_id" text NOT NULL,
	"location" text DEFAULT 'ENCODER' NOT NULL,
	"file_name" text NOT NULL,
	"content_type" text NOT NULL,
	"bytes" bigint,
	"duration_seconds" double precision,
	"created_at" timestamp(3) with time zone NOT NULL,
	"share_token" text,
	"share_expires_at" timestamp(3) with time zone,
	"deleted_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "processes" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"session_id" text NOT NULL,
	"playback_id" text NOT NULL,
	"rendition_id" text NOT NULL,
	"kind" text NOT NULL,
	"is_enabled" boolean NOT NULL,
	"interval_seconds" integer,
	"duration_seconds" integer,
	"started_settings" jsonb,
	"started_generation" integer,
	"path_token" text NOT NULL CONSTRAINT "processes_path_token" UNIQUE,
	"is_active" boolean DEFAULT false NOT NULL,
	"health" text DEFAULT 'OK' NOT NULL,
	"status_reason" text,
	"content_version" text,
	"content_type" text,
	"content_at" timestamp(3) with time zone,
	"content_encoder_id" text,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "processes_by_session" UNIQUE("session_id","playback_id","rendition_id","kind")
);
--> statement-breakpoint
CREATE INDEX "assets_by_organization" ON "assets" ("organization_id","created_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "assets_by_kind" ON "assets" ("organization_id","kind","created_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "assets_by_session" ON "assets" ("session_id","created_at","id");--> statement-breakpoint
CREATE INDEX "assets_by_process" ON "assets" ("process_id","created_at","id");--> statement-breakpoint
CREATE INDEX "assets_by_run" ON "assets" ("run_id","created_at","id");--> statement-breakpoint
CREATE INDEX "assets_by_encoder" ON "assets" ("encoder_id","id");--> statement-breakpoint
CREATE INDEX "assets_deleted" ON "assets" ("deleted_at") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "assets_by_share_token" ON "assets" ("share_token") WHERE share_token is not null;--> statement-breakpoint
CREATE INDEX "processes_by_organization" ON "processes" ("organization_id","id");--> statement-breakpoint
CREATE INDEX "processes_by_playback" ON "processes" ("playback_id");--> statement-breakpoint
CREATE INDEX "processes_by_rendition" ON "processes" ("rendition_id");--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "assets_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "assets_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE SET NULL;--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "assets_process_id_processes_id_fkey" FOREIGN KEY ("process_id") REFERENCES "processes"("id") ON DELETE SET NULL;--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "assets_run_id_runs_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "processes" ADD CONSTRAINT "processes_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "processes" ADD CONSTRAINT "processes_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "processes" ADD CONSTRAINT "processes_playback_id_playbacks_id_fkey" FOREIGN KEY ("playback_id") REFERENCES "playbacks"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "processes" ADD CONSTRAINT "processes_rendition_id_renditions_id_fkey" FOREIGN KEY ("rendition_id") REFERENCES "renditions"("id") ON DELETE CASCADE;