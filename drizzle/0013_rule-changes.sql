CREATE TABLE "breakwater"."rule_changes" (
	"hash" text PRIMARY KEY NOT NULL,
	"canonical" text NOT NULL,
	"version" text NOT NULL,
	"from_version" text NOT NULL,
	"requested_by" text NOT NULL,
	"incident_id" text,
	"state" text NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"opens_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "breakwater"."policy_versions" ADD COLUMN "published_by" text;--> statement-breakpoint
CREATE INDEX "rule_changes_waiting" ON "breakwater"."rule_changes" USING btree ("state");