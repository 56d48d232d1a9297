ALTER TABLE "breakwater"."silences" ADD COLUMN "request" text;--> statement-breakpoint
ALTER TABLE "breakwater"."silences" ADD CONSTRAINT "silences_request_unique" UNIQUE("request");