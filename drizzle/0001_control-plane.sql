CREATE TABLE "breakwater"."break_glass" (
	"id" text PRIMARY KEY NOT NULL,
	"person" text NOT NULL,
	"scope" text NOT NULL,
	"reason" text NOT NULL,
	"incident_id" text,
	"opened_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"reviewed_by" text,
	"reviewed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."challenges" (
	"challenge" text PRIMARY KEY NOT NULL,
	"person" text NOT NULL,
	"purpose" text NOT NULL,
	"plan_hash" text,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."passkeys" (
	"credential_id" text PRIMARY KEY NOT NULL,
	"person" text NOT NULL,
	"public_key" text NOT NULL,
	"counter" bigint DEFAULT 0 NOT NULL,
	"transports" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"confirmed_by" text,
	"confirmed_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."policy_versions" (
	"version" text PRIMARY KEY NOT NULL,
	"canonical" text NOT NULL,
	"state" text NOT NULL,
	"tightens" boolean NOT NULL,
	"proposed_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"opens_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"published_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "breakwater"."recovery_codes" (
	"person" text NOT NULL,
	"code_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "recovery_codes_person_code_hash_pk" PRIMARY KEY("person","code_hash")
);
--> statement-breakpoint
CREATE TABLE "breakwater"."role_grants" (
	"person" text NOT NULL,
	"role" text NOT NULL,
	"granted_by" text NOT NULL,
	"granted_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"seal" text DEFAULT '' NOT NULL,
	CONSTRAINT "role_grants_person_role_granted_at_pk" PRIMARY KEY("person","role","granted_at")
);
--> statement-breakpoint
ALTER TABLE "breakwater"."votes" DROP CONSTRAINT "votes_plan_hash_person_pk";--> statement-breakpoint
ALTER TABLE "breakwater"."votes" ADD CONSTRAINT "votes_plan_hash_person_decision_pk" PRIMARY KEY("plan_hash","person","decision");--> statement-breakpoint
ALTER TABLE "breakwater"."approvals" ADD COLUMN "subject" text DEFAULT 'plan' NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."approvals" ADD COLUMN "requested_by" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."approvals" ADD COLUMN "quorums" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."approvals" ADD COLUMN "seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."checkpoints" ADD COLUMN "peaks" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."plans" ADD COLUMN "seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "breakwater"."votes" ADD COLUMN "seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "passkeys_person" ON "breakwater"."passkeys" USING btree ("person");--> statement-breakpoint
CREATE UNIQUE INDEX "policy_versions_one_published" ON "breakwater"."policy_versions" USING btree ("state") WHERE state = 'published';--> statement-breakpoint
CREATE INDEX "ledger_control" ON "breakwater"."ledger" USING btree ("object","seq") WHERE type like 'plan.%' or type like 'vote.%' or type like 'approval.%' or type like 'trading.%';--> statement-breakpoint
CREATE INDEX "orders_intended" ON "breakwater"."orders" USING btree ("intended_at");