CREATE TABLE "stored_assets" (
	"asset_id" text PRIMARY KEY,
	"begun_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"is_complete" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX "stored_assets_begun" ON "stored_assets" ("begun_at") WHERE not is_complete;