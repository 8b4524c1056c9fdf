ALTER TABLE "assets" ADD COLUMN "waits_for_room" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "assets_waiting_for_room" ON "assets" ("id") WHERE waits_for_room;