CREATE TABLE "breakwater"."account_days" (
	"account" text NOT NULL,
	"day" text NOT NULL,
	"equity_usd" numeric NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"transfers_usd" numeric,
	"transfers_at" timestamp (3) with time zone,
	"loss_usd" numeric,
	CONSTRAINT "account_days_account_day_pk" PRIMARY KEY("account","day")
);
