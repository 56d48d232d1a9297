-- Who began a run, and how far an alert is believed, decide what may be sent: both get a seal that the database cannot make.
-- Rows of before have none, and no plan of theirs is allowed any more: start such runs anew.
ALTER TABLE "breakwater"."incidents" ADD COLUMN "source" text;--> statement-breakpoint
ALTER TABLE "breakwater"."incidents" ADD COLUMN "seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."runs" ADD COLUMN "seal" text DEFAULT '' NOT NULL;