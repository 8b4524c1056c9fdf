CREATE TABLE "clips" (
	"asset_id" text PRIMARY KEY,
	"replay_id" text NOT NULL,
	"cue_in_seconds" double precision NOT NULL,
	"cue_out_seconds" double precision NOT NULL,
	"is_frame_accurate" boolean NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN "dropped_seconds" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "assets_waiting_clips" ON "assets" ("encoder_id","id") WHERE kind = 'CLIP' and status = 'IN_PROGRESS' and deleted_at is null;--> statement-breakpoint
ALTER TABLE "clips" ADD CONSTRAINT "clips_asset_id_assets_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "assets"("id") ON DELETE CASCADE;