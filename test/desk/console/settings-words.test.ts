import { expect, test } from "vitest";
import { demoDesk } from "../../../src/commandline/demo-desk.ts";
import { loadConfig } from "../../../src/config.ts";
import { settingsOf } from "../../../src/desk/console/settings-words.ts";

test("a route's channels keep their digits, and what it leaves out is not mentioned", () => {
  const { groups } = settingsOf(
    loadConfig(
      {},
      { text: `${demoDesk("calm", 1, 1)}\nroutes: [{ discord: ["900000000000000010"] }]\n`, name: "demo desk" },
    ),
  );
  expect(groups.find(({ title }) => title === "routes")?.rows).toEqual([
    { label: "1", value: "discord 900000000000000010" },
  ]);
});

test("settings are shown in words, and a desk that stands in no file names none", () => {
  const { groups } = settingsOf(loadConfig({}, { text: demoDesk("calm", 1, 1), name: "demo desk" }));
  const rows = new Map(
    groups.flatMap(({ title, rows: lines }) => lines.map((one) => [`${title} ${one.label}`, one.value])),
  );
  expect(rows.get("Desk file")).toBe("demo desk");
  expect(rows.get("monitor poll")).toBe("1 second");
  expect(rows.get("plans typedAboveUsd")).toBe("5,000,000");
  expect(rows.get("detectors price-jump")).toBe("enabled yes, params sampleMs 250");
  expect([...rows.values()].filter((value) => /[{}[\]"]/.test(value))).toEqual([]);
});
