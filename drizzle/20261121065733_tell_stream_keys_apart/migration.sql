ALTER TABLE "secrets" ADD COLUMN "stream_key_digest" text;--> statement-breakpoint
ALTER TABLE "secrets" ADD CONSTRAINT "secrets_stream_key_digest" UNIQUE("stream_key_digest");--> statement-breakpoint
CREATE INDEX "sessions_by_cover_image" ON "sessions" ("cover_image_id") WHERE cover_image_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_slate_image" ON "sessions" ("slate_image_id") WHERE slate_image_id is not null;