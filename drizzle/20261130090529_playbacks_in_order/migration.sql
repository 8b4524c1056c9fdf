DROP INDEX "playbacks_by_session";--> statement-breakpoint
CREATE INDEX "playbacks_by_session" ON "playbacks" ("session_id","position","id");