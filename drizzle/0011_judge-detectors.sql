CREATE TABLE "breakwater"."detector_labels" (
	"incident_id" text NOT NULL,
	"detector" text NOT NULL,
	"label" text NOT NULL,
	"person" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "detector_labels_incident_id_detector_pk" PRIMARY KEY("incident_id","detector")
);
--> statement-breakpoint
CREATE INDEX "detector_labels_detector" ON "breakwater"."detector_labels" USING btree ("detector");