ALTER TABLE "secrets" DROP CONSTRAINT "secrets_stream_key_digest";--> statement-breakpoint
CREATE INDEX "secrets_by_stream_key" ON "secrets" ("stream_key_digest");