ALTER TABLE "breakwater"."runs" ADD COLUMN "cancel_requested_by" text;--> statement-breakpoint
ALTER TABLE "breakwater"."runs" ADD COLUMN "cancel_reason" text;