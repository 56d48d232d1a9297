-- A page is wanted in one state and told in another until the pager has heard: both survive a restart.
ALTER TABLE "breakwater"."pages" ADD COLUMN "told" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."pages" ADD COLUMN "link" text;