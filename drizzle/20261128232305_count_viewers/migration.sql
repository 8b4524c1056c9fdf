CREATE TABLE "viewer_counts" (
	"session_id" text,
	"origin_id" text,
	"viewer_count" integer NOT NULL,
	"counted_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "viewer_counts_pkey" PRIMARY KEY("session_id","origin_id")
);
