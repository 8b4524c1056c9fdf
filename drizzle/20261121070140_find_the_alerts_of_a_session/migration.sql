ALTER TABLE "alerts" ADD COLUMN "session_name" text;--> statement-breakpoint
ALTER TABLE "alerts" ALTER COLUMN "occurrences" SET DEFAULT 0;--> statement-breakpoint
CREATE INDEX "alerts_known_by_session" ON "alerts" ("session_id") WHERE ended_at is null or occurrences > 0;