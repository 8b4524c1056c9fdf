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
	"published_slide" integer,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "chat_messages" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"event_id" text NOT NULL,
	"author_id" text NOT NULL,
	"author_name" text NOT NULL,
	"text" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "question_replies" (
	"id" text PRIMARY KEY,
	"question_id" text NOT NULL,
	"text" text NOT NULL,
	"author_name" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "question_upvotes" (
	"question_id" text,
	"attendee_id" text,
	CONSTRAINT "question_upvotes_pkey" PRIMARY KEY("question_id","attendee_id")
);
--> statement-breakpoint
CREATE TABLE "questions" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"event_id" text NOT NULL,
	"author_id" text NOT NULL,
	"author_name" text NOT NULL,
	"text" text NOT NULL,
	"status" text DEFAULT 'NEW' NOT NULL,
	"upvotes" integer DEFAULT 0 NOT NULL,
	"asked_at" timestamp(3) with time zone NOT NULL
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
CREATE TABLE "slides" (
	"id" text PRIMARY KEY,
	"event_id" text NOT NULL,
	"number" integer NOT NULL,
	"image_id" text NOT NULL,
	CONSTRAINT "slides_by_event" UNIQUE("event_id","number")
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "event_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "on_air" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "is_backup_only" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "events_by_organization" ON "events" ("organization_id","id");--> statement-breakpoint
CREATE INDEX "events_by_status" ON "events" ("organization_id","status","id");--> statement-breakpoint
CREATE INDEX "chat_messages_by_event" ON "chat_messages" ("event_id","id");--> statement-breakpoint
CREATE INDEX "chat_messages_by_author" ON "chat_messages" ("event_id","author_id","id");--> statement-breakpoint
CREATE INDEX "chat_messages_by_organization" ON "chat_messages" ("organization_id","id");--> statement-breakpoint
CREATE INDEX "question_replies_by_question" ON "question_replies" ("question_id","id");--> statement-breakpoint
CREATE INDEX "questions_by_event" ON "questions" ("event_id","id");--> statement-breakpoint
CREATE INDEX "questions_by_status" ON "questions" ("event_id","status","id");--> statement-breakpoint
CREATE INDEX "questions_by_author" ON "questions" ("event_id","author_id","id");--> statement-breakpoint
CREATE INDEX "questions_by_organization" ON "questions" ("organization_id","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_by_organization" ON "scheduled_actions" ("organization_id","run_at","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_by_event" ON "scheduled_actions" ("event_id","run_at","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_due" ON "scheduled_actions" ("run_at") WHERE status = 'SCHEDULED';--> statement-breakpoint
CREATE INDEX "scheduled_actions_ended" ON "scheduled_actions" ("ended_at") WHERE ended_at is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_event" ON "sessions" ("event_id") WHERE event_id is not null;--> statement-breakpoint
ALTER TABLE "event_languages" ADD CONSTRAINT "event_languages_event_id_events_id_fkey" FOREIGN KEY ("event_id") REFERENCES "events"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "event_languages" ADD CONSTRAINT "event_languages_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id");--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "chat_messages" ADD CONSTRAINT "chat_messages_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "chat_messages" ADD CONSTRAINT "chat_messages_event_id_events_id_fkey" FOREIGN KEY ("event_id") REFERENCES "events"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "question_replies" ADD CONSTRAINT "question_replies_question_id_questions_id_fkey" FOREIGN KEY ("question_id") REFERENCES "questions"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "question_upvotes" ADD CONSTRAINT "question_upvotes_question_id_questions_id_fkey" FOREIGN KEY ("question_id") REFERENCES "questions"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "questions" ADD CONSTRAINT "questions_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "questions" ADD CONSTRAINT "questions_event_id_events_id_fkey" FOREIGN KEY ("event_id") REFERENCES "events"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "scheduled_actions" ADD CONSTRAINT "scheduled_actions_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "slides" ADD CONSTRAINT "slides_event_id_events_id_fkey" FOREIGN KEY ("event_id") REFERENCES "events"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "slides" ADD CONSTRAINT "slides_image_id_images_id_fkey" FOREIGN KEY ("image_id") REFERENCES "images"("id");