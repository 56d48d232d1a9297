ALTER TABLE "breakwater"."orders" ADD COLUMN "position_before" numeric;--> statement-breakpoint
ALTER TABLE "breakwater"."orders" ADD COLUMN "look_ups" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."orders" ADD COLUMN "looked_up_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "breakwater"."orders" ADD COLUMN "settled_by" text;--> statement-breakpoint
CREATE INDEX "orders_settled" ON "breakwater"."orders" USING btree ("ended_at") WHERE settled_by is not null;