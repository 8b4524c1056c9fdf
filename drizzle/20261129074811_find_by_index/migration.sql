DROP INDEX "playbacks_by_template";--> statement-breakpoint
CREATE INDEX "playbacks_by_template" ON "playbacks" ("template_id","started_template_version");--> statement-breakpoint
DROP INDEX "sessions_by_status";--> statement-breakpoint
CREATE INDEX "sessions_by_status" ON "sessions" ("organization_id","status","name_order","id");--> statement-breakpoint
DROP INDEX "sessions_by_health";--> statement-breakpoint
CREATE INDEX "sessions_by_health" ON "sessions" ("organization_id","health","name_order","id");--> statement-breakpoint
DROP INDEX "sessions_with_open_alerts";--> statement-breakpoint
CREATE INDEX "sessions_with_open_alerts" ON "sessions" ("organization_id","name_order","id") WHERE open_alert_count > 0;--> statement-breakpoint
CREATE INDEX "audit_entries_by_actor" ON "audit_entries" ("organization_id","actor","id");--> statement-breakpoint
CREATE INDEX "audit_entries_by_object" ON "audit_entries" USING gin ("object_ids");--> statement-breakpoint
CREATE INDEX "sessions_by_status_urgency" ON "sessions" ("organization_id",array_position(array['FAILED', 'STARTING', 'WAITING', 'STOPPING', 'RUNNING', 'STOPPED'], "status"),"id");--> statement-breakpoint
CREATE INDEX "sessions_by_health_urgency" ON "sessions" ("organization_id",array_position(array['ERROR', 'WARNING', 'OK'], "health"),"id");--> statement-breakpoint
CREATE INDEX "sessions_by_input_type" ON "sessions" ("organization_id","input_type","name_order","id");--> statement-breakpoint
CREATE INDEX "sessions_by_label" ON "sessions" USING gin ("labels");--> statement-breakpoint
-- Where the extension may not be made, or is not there, a search reads all names: slower, and otherwise the same.
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX "sessions_by_search_text" ON "sessions" USING gin (search_text gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
  RAISE NOTICE 'a search of sessions has no index: %', SQLERRM;
END $$;
