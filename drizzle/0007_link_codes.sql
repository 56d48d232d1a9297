CREATE TABLE "breakwater"."link_codes" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"surface" text NOT NULL,
	"space" text NOT NULL,
	"user_id" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
