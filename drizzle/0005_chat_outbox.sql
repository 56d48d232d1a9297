-- Cards and thread lines leave through the database: what should be shown, what stands, what is being posted; requests are leased.
CREATE TABLE "breakwater"."notes" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"incident_id" text NOT NULL,
	"surface" text NOT NULL,
	"channel" text NOT NULL,
	"text" text NOT NULL,
	"picture" jsonb,
	"sent_at" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_error" text
);
--> statement-breakpoint
ALTER TABLE "breakwater"."inbox" ADD COLUMN "claimed_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."messages" ADD COLUMN "wanted_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."messages" ADD COLUMN "priority" integer DEFAULT 2 NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."messages" ADD COLUMN "state" text DEFAULT 'open' NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."messages" ADD COLUMN "posting_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "breakwater"."messages" ADD COLUMN "reposts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "notes_due" ON "breakwater"."notes" USING btree ("surface","next_at") WHERE sent_at is null;--> statement-breakpoint
CREATE INDEX "inbox_unfinished" ON "breakwater"."inbox" USING btree ("claimed_at") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX "messages_due" ON "breakwater"."messages" USING btree ("surface","priority","next_at") WHERE state = 'open' and wanted_version > shown_version;