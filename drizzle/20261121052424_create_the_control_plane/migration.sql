CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"access_level" text NOT NULL,
	"prefix" text NOT NULL,
	"key_hash" text NOT NULL CONSTRAINT "api_keys_key_hash" UNIQUE,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp(3) with time zone,
	"last_used_at" timestamp(3) with time zone,
	"revoked_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"organization_id" text,
	"key" text,
	"operation" text NOT NULL,
	"input_digest" text NOT NULL,
	"answer" jsonb,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_key" PRIMARY KEY("organization_id","key")
);
--> statement-breakpoint
CREATE TABLE "change_retention" (
	"is_only" boolean PRIMARY KEY DEFAULT true,
	"kept_from" xid8 NOT NULL,
	CONSTRAINT "change_retention_is_one_row" CHECK (is_only)
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"transaction" xid8 DEFAULT pg_current_xact_id() NOT NULL,
	"organization_id" text NOT NULL,
	"object" text NOT NULL,
	"object_id" text NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"actor" text,
	"before" jsonb,
	"after" jsonb
);
--> statement-breakpoint
CREATE TABLE "encoders" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"region" text NOT NULL,
	"status" text NOT NULL,
	"is_simulated" boolean DEFAULT false NOT NULL,
	"media_address" text,
	"capacity" integer NOT NULL,
	"supported_inputs" text[] NOT NULL,
	"supported_outputs" text[] NOT NULL,
	"supported_video_codecs" text[] NOT NULL,
	"supported_audio_codecs" text[] NOT NULL,
	"missing" text[] NOT NULL,
	"version" text NOT NULL,
	"started_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organizations" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"name_key" text NOT NULL CONSTRAINT "organizations_name_key" UNIQUE,
	"packages" text[] NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "playbacks" (
	"id" text PRIMARY KEY,
	"session_id" text NOT NULL,
	"position" integer NOT NULL,
	"name" text NOT NULL,
	"name_key" text NOT NULL,
	"type" text NOT NULL,
	"template_id" text NOT NULL,
	"urls" text[] NOT NULL,
	"hls_enabled" boolean DEFAULT false NOT NULL,
	"dash_enabled" boolean DEFAULT false NOT NULL,
	"service_provider" text,
	"program_number" integer,
	"file_format" text,
	"max_file_duration_seconds" integer,
	"path_token" text NOT NULL CONSTRAINT "playbacks_path_token" UNIQUE,
	"status" text DEFAULT 'STOPPED' NOT NULL,
	"health" text DEFAULT 'OK' NOT NULL,
	"status_reason" text,
	"started_renditions" jsonb,
	"started_template_version" integer,
	"started_generation" integer,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "playbacks_name_key" UNIQUE("session_id","name_key")
);
--> statement-breakpoint
CREATE TABLE "rolling_restarts" (
	"session_id" text PRIMARY KEY,
	"batch_id" text NOT NULL,
	"position" integer NOT NULL,
	"max_concurrent" integer NOT NULL,
	"generation" integer,
	"requested_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"id" text PRIMARY KEY,
	"session_id" text NOT NULL,
	"playback_id" text,
	"kind" text NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"ciphertext" bytea NOT NULL,
	"is_generated" boolean DEFAULT false NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"rotated_at" timestamp(3) with time zone,
	CONSTRAINT "secrets_by_subject" UNIQUE NULLS NOT DISTINCT("session_id","playback_id","kind","position")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"stream_id" text NOT NULL CONSTRAINT "sessions_stream_id" UNIQUE,
	"name" text NOT NULL,
	"name_key" text collate "C" NOT NULL,
	"name_order" text collate "C" NOT NULL,
	"description" text,
	"region" text NOT NULL,
	"external_id" text,
	"labels" text[] NOT NULL,
	"search_text" text collate "C" NOT NULL,
	"input_type" text NOT NULL,
	"url_a" text,
	"url_b" text,
	"active_path" text DEFAULT 'A' NOT NULL,
	"recovery_interval_seconds" integer,
	"error_threshold_percent" double precision,
	"srt_encryption_enabled" boolean DEFAULT false NOT NULL,
	"hls_scte35_passthrough_enabled" boolean DEFAULT false NOT NULL,
	"slates_enabled" boolean DEFAULT false NOT NULL,
	"stream_remap" jsonb DEFAULT '[]' NOT NULL,
	"desired_status" text DEFAULT 'STOPPED' NOT NULL,
	"status" text DEFAULT 'STOPPED' NOT NULL,
	"health" text DEFAULT 'OK' NOT NULL,
	"status_reason" text,
	"status_changed_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"running_since" timestamp(3) with time zone,
	"last_seen_at" timestamp(3) with time zone,
	"last_command_verb" text,
	"last_command_actor" text,
	"last_command_at" timestamp(3) with time zone,
	"generation" integer DEFAULT 0 NOT NULL,
	"encoder_id" text,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sessions_name_key" UNIQUE("organization_id","name_key"),
	CONSTRAINT "sessions_external_id" UNIQUE("organization_id","external_id")
);
--> statement-breakpoint
CREATE TABLE "renditions" (
	"id" text PRIMARY KEY,
	"template_id" text NOT NULL,
	"position" integer NOT NULL,
	"name" text NOT NULL,
	"is_passthrough" boolean NOT NULL,
	"video_codec" text,
	"width" integer,
	"height" integer,
	"video_bitrate_kbps" integer,
	"frame_rate" double precision,
	"audio_codec" text,
	"audio_bitrate_kbps" integer
);
--> statement-breakpoint
CREATE TABLE "templates" (
	"id" text PRIMARY KEY,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"name_key" text collate "C" NOT NULL,
	"name_order" text collate "C" NOT NULL,
	"description" text,
	"is_default" boolean DEFAULT false NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "templates_name_key" UNIQUE("organization_id","name_key")
);
--> statement-breakpoint
CREATE INDEX "api_keys_by_organization" ON "api_keys" ("organization_id","id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_age" ON "idempotency_keys" ("created_at");--> statement-breakpoint
CREATE INDEX "changes_by_transaction" ON "changes" ("transaction","id");--> statement-breakpoint
CREATE INDEX "changes_by_time" ON "changes" ("at");--> statement-breakpoint
CREATE INDEX "encoders_by_status" ON "encoders" ("status");--> statement-breakpoint
CREATE INDEX "playbacks_by_session" ON "playbacks" ("session_id","position");--> statement-breakpoint
CREATE INDEX "playbacks_by_template" ON "playbacks" ("template_id");--> statement-breakpoint
CREATE INDEX "rolling_restarts_by_batch" ON "rolling_restarts" ("batch_id","position");--> statement-breakpoint
CREATE INDEX "secrets_by_playback" ON "secrets" ("playback_id");--> statement-breakpoint
CREATE INDEX "sessions_by_name" ON "sessions" ("organization_id","name_order","id");--> statement-breakpoint
CREATE INDEX "sessions_by_created_at" ON "sessions" ("organization_id","created_at","id");--> statement-breakpoint
CREATE INDEX "sessions_by_status" ON "sessions" ("organization_id","status","id");--> statement-breakpoint
CREATE INDEX "sessions_by_health" ON "sessions" ("organization_id","health","id");--> statement-breakpoint
CREATE INDEX "sessions_by_status_changed_at" ON "sessions" ("organization_id","status_changed_at","id");--> statement-breakpoint
CREATE INDEX "sessions_by_encoder" ON "sessions" ("encoder_id") WHERE encoder_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_unclaimed" ON "sessions" ("region","status_changed_at") WHERE encoder_id is null and status in ('STARTING', 'STOPPING');--> statement-breakpoint
CREATE INDEX "renditions_by_template" ON "renditions" ("template_id","position");--> statement-breakpoint
CREATE UNIQUE INDEX "templates_one_default" ON "templates" ("organization_id") WHERE is_default;--> statement-breakpoint
CREATE INDEX "templates_by_name" ON "templates" ("organization_id","name_order","id");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "playbacks" ADD CONSTRAINT "playbacks_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "playbacks" ADD CONSTRAINT "playbacks_template_id_templates_id_fkey" FOREIGN KEY ("template_id") REFERENCES "templates"("id");--> statement-breakpoint
ALTER TABLE "rolling_restarts" ADD CONSTRAINT "rolling_restarts_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "secrets" ADD CONSTRAINT "secrets_session_id_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "secrets" ADD CONSTRAINT "secrets_playback_id_playbacks_id_fkey" FOREIGN KEY ("playback_id") REFERENCES "playbacks"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "renditions" ADD CONSTRAINT "renditions_template_id_templates_id_fkey" FOREIGN KEY ("template_id") REFERENCES "templates"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "templates" ADD CONSTRAINT "templates_organization_id_organizations_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE;