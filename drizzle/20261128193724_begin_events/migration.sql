CREATE TABLE "event_languages" (
	"id" text PRIMARY KEY,
	"event_id" text NOT NULL,
	"code" text NOT NULL,
	"label" text NOT NULL,
	"position" integer NOT NULL,
	"session_id" text NOT NULL CONSTRAINT "event_languages_by_session" UNIQUE,
	CONSTRAINT "event_languages_by_code" UNIQUE("event_id","code")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"title" text NOT NULL,
	"details" text,
	"starts_at" timestamp(3) with time zone,
	"ends_at" timestamp(3) with time zone,
	"status" text DEFAULT 'SCHEDULED' NOT NULL,
	"status_changed_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"live_since" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	"messaging_mode" text DEFAULT 'DISABLED' NOT NULL,
	"access" text DEFAULT 'PUBLIC' NOT NULL,
	"access_code" bytea,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "scheduled_actions" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"verb" text NOT NULL,
	"run_at" timestamp(3) with time zone NOT NULL,
	"status" text DEFAULT 'SCHEDULED' NOT NULL,
	"event_id" text,
	"work" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"access_level" text NOT NULL,
	"errors" jsonb DEFAULT '[]' NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp(3) with time zone
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "event_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "on_air" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "is_backup_only" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "events_by_organization" ON "events" ("organization_id","id");--> statement-breakpoint
CREATE INDEX "events_by_status" ON "events" ("organization_id","status","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_by_organization" ON "scheduled_actions" ("organization_id","run_at","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_by_event" ON "scheduled_actions" ("event_id","run_at","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_due" ON "scheduled_actions" ("run_at") WHERE status = 'SCHEDULED';--> statement-breakpoint
CREATE INDEX "scheduled_actions_ended" ON "scheduled_actions" ("ended_at") WHERE ended_at is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_event" ON "sessions" ("event_id") WHERE event_id is not null;--> statement-breakpoint
ALTER TABLE "event_languages" ADD CONSTRAINT "event_languages_event_id_events_id_fkey" FOREIGN KEY ("event_id") REFERENCES "events"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "event_languages" ADD CONSTRAINT "event_languages_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id");--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "scheduled_actions" ADD CONSTRAINT "scheduled_actions_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;