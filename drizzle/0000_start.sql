CREATE SCHEMA "breakwater";
--> statement-breakpoint
CREATE TABLE "breakwater"."account_points" (
	"account" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"equity_usd" numeric NOT NULL,
	"margin_ratio" numeric,
	"mark_price" numeric,
	CONSTRAINT "account_points_account_at_pk" PRIMARY KEY("account","at")
);
--> statement-breakpoint
CREATE TABLE "breakwater"."account_states" (
	"account" text PRIMARY KEY NOT NULL,
	"state" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."alerts" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"trust" text NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"severity" text NOT NULL,
	"title" text NOT NULL,
	"summary" text,
	"labels" jsonb NOT NULL,
	"values" jsonb NOT NULL,
	"fingerprint" text NOT NULL,
	"stop" text,
	"stopped_by" text,
	"incident_id" text,
	"at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."approvals" (
	"plan_hash" text PRIMARY KEY NOT NULL,
	"run_id" text,
	"needed" integer NOT NULL,
	"roles" jsonb NOT NULL,
	"step_up" boolean DEFAULT false NOT NULL,
	"policy_version" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"opened_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"decided_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."checkpoints" (
	"size" bigint PRIMARY KEY NOT NULL,
	"root" text NOT NULL,
	"note" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."deliveries" (
	"key" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"alert_ids" jsonb NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."inbox" (
	"delivery_id" text PRIMARY KEY NOT NULL,
	"surface" text NOT NULL,
	"event" jsonb NOT NULL,
	"reply" jsonb,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"done_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."incident_events" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"incident_id" text NOT NULL,
	"type" text NOT NULL,
	"actor" text NOT NULL,
	"text" text NOT NULL,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."incidents" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigserial NOT NULL,
	"correlation_key" text NOT NULL,
	"kind" text NOT NULL,
	"severity" text NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"trust" text NOT NULL,
	"title" text NOT NULL,
	"summary" text,
	"labels" jsonb NOT NULL,
	"values" jsonb NOT NULL,
	"owner" text,
	"alert_count" integer DEFAULT 1 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"outcome" text,
	"opened_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_alert_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."ledger" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor" text NOT NULL,
	"type" text NOT NULL,
	"object" text NOT NULL,
	"body" text NOT NULL,
	"prev" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."links" (
	"surface" text NOT NULL,
	"space" text NOT NULL,
	"user_id" text NOT NULL,
	"person" text NOT NULL,
	"confirmed_by" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "links_surface_space_user_id_pk" PRIMARY KEY("surface","space","user_id")
);
--> statement-breakpoint
CREATE TABLE "breakwater"."messages" (
	"incident_id" text NOT NULL,
	"surface" text NOT NULL,
	"channel" text NOT NULL,
	"message" text,
	"shown_version" integer DEFAULT 0 NOT NULL,
	"post_key" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	CONSTRAINT "messages_incident_id_surface_channel_pk" PRIMARY KEY("incident_id","surface","channel")
);
--> statement-breakpoint
CREATE TABLE "breakwater"."orders" (
	"client_order_id" text PRIMARY KEY NOT NULL,
	"plan_hash" text NOT NULL,
	"leg" integer NOT NULL,
	"incident_id" text,
	"run_id" text,
	"venue" text NOT NULL,
	"account" text NOT NULL,
	"symbol" text NOT NULL,
	"side" text NOT NULL,
	"quantity" numeric NOT NULL,
	"limit_price" numeric NOT NULL,
	"time_in_force" text NOT NULL,
	"reduce_only" boolean NOT NULL,
	"notional_usd" numeric NOT NULL,
	"reference_price" numeric NOT NULL,
	"state" text DEFAULT 'intent' NOT NULL,
	"venue_order_id" text,
	"filled_quantity" numeric DEFAULT '0' NOT NULL,
	"average_price" numeric,
	"fee_usd" numeric,
	"reason" text,
	"intended_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."pages" (
	"dedupe_key" text PRIMARY KEY NOT NULL,
	"incident_id" text,
	"target" text NOT NULL,
	"summary" text NOT NULL,
	"severity" text NOT NULL,
	"state" text NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "breakwater"."plans" (
	"hash" text PRIMARY KEY NOT NULL,
	"canonical" text NOT NULL,
	"plan" jsonb NOT NULL,
	"action" text NOT NULL,
	"account" text NOT NULL,
	"incident_id" text,
	"run_id" text,
	"requested_by" text NOT NULL,
	"state" text DEFAULT 'proposed' NOT NULL,
	"decision" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"claimed_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."replicas" (
	"id" text PRIMARY KEY NOT NULL,
	"beat_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."run_steps" (
	"run_id" text NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"state" text NOT NULL,
	"note" text,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "run_steps_run_id_name_pk" PRIMARY KEY("run_id","name")
);
--> statement-breakpoint
CREATE TABLE "breakwater"."runs" (
	"id" text PRIMARY KEY NOT NULL,
	"playbook" text NOT NULL,
	"version" integer NOT NULL,
	"incident_id" text NOT NULL,
	"requested_by" text NOT NULL,
	"trust" text NOT NULL,
	"input" jsonb NOT NULL,
	"state" text DEFAULT 'ready' NOT NULL,
	"outcome" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"person" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."silences" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"matchers" jsonb NOT NULL,
	"reason" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"until_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "breakwater"."trading_states" (
	"scope" text PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"set_by" text NOT NULL,
	"reason" text NOT NULL,
	"set_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"remind_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."votes" (
	"plan_hash" text NOT NULL,
	"person" text NOT NULL,
	"decision" text NOT NULL,
	"roles" jsonb NOT NULL,
	"surface" text NOT NULL,
	"step_up" boolean DEFAULT false NOT NULL,
	"reason" text,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "votes_plan_hash_person_pk" PRIMARY KEY("plan_hash","person")
);
--> statement-breakpoint
CREATE INDEX "alerts_incident" ON "breakwater"."alerts" USING btree ("incident_id");--> statement-breakpoint
CREATE INDEX "alerts_received" ON "breakwater"."alerts" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "deliveries_received" ON "breakwater"."deliveries" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "inbox_received" ON "breakwater"."inbox" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "incident_events_incident" ON "breakwater"."incident_events" USING btree ("incident_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_one_unresolved_per_key" ON "breakwater"."incidents" USING btree ("correlation_key") WHERE status <> 'resolved';--> statement-breakpoint
CREATE INDEX "incidents_status" ON "breakwater"."incidents" USING btree ("status","opened_at");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_one_per_leg" ON "breakwater"."orders" USING btree ("plan_hash","leg");--> statement-breakpoint
CREATE INDEX "orders_state" ON "breakwater"."orders" USING btree ("state");--> statement-breakpoint
CREATE INDEX "orders_account" ON "breakwater"."orders" USING btree ("account","intended_at");--> statement-breakpoint
CREATE INDEX "plans_incident" ON "breakwater"."plans" USING btree ("incident_id");--> statement-breakpoint
CREATE INDEX "plans_account" ON "breakwater"."plans" USING btree ("account","created_at");--> statement-breakpoint
CREATE INDEX "runs_state" ON "breakwater"."runs" USING btree ("state");--> statement-breakpoint
CREATE INDEX "runs_incident" ON "breakwater"."runs" USING btree ("incident_id");