CREATE TABLE "breakwater"."access_logs" (
	"account" text PRIMARY KEY NOT NULL,
	"last_entry" bigint NOT NULL,
	"places" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."key_readings" (
	"account" text PRIMARY KEY NOT NULL,
	"rights" jsonb NOT NULL,
	"changes" integer DEFAULT 0 NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
