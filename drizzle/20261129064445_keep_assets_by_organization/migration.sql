ALTER TABLE "organizations" ADD COLUMN "asset_retention_days" integer;--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "asset_gigabytes" integer;