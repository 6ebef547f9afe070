import assert from "node:assert/strict";
import type { StoredFinding } from "../detect/findings_store.ts";
import type { StoredOutlook } from "../detect/predict/shapes.ts";
import {
  observationOfFinding,
  observationOfOutlook,
  type ObservationRules,
} from "./observation.ts";

const rules = (leastSeverity: ObservationRules["leastSeverity"]): ObservationRules => ({
  detectors: new Set(["streaming", "threshold"]),
  leastSeverity,
});
const sensor = {
  num: 1,
  id: "s1",
  machine: "hall/press",
  sensor: "bearing",
  unit: "°C",
  settings: { display_name: null },
};
const finding = (change: Partial<StoredFinding>): StoredFinding => ({
  id: 7,
  sensor: 1,
  detector: "streaming",
  tMs: 1000,
  phase: "point",
  severity: "warning",
  score: 0.6,
  reason: { text: "83 where 65 is usual", value: 83 },
  verdict: null,
  ...change,
});

Deno.test("signalOfFinding: one odd reading is a hint at most, and only one a week", () => {
  const severity = (score: number, numbers: Record<string, number>) =>
    observationOfFinding(
      finding({ score, reason: { text: "83 where 65 is usual", value: 83, numbers } }),
      sensor,
      "m1",
      rules("info"),
    )?.severity;
  assert.deepEqual([severity(0.5, { hint: 1 }), severity(0.99, { hint: 1 })], ["info", "info"]);
  assert.equal(severity(0.99, {}), undefined, "drawn and listed, nobody is asked to look");
  const none = observationOfFinding(finding({}), sensor, "m1", rules("warning"));
  assert.equal(none, null, "below the least severity");
});

Deno.test("signalOfFinding: a limit keeps its severity and says where the value stands", () => {
  const found = finding({
    detector: "threshold",
    phase: "raised",
    severity: "critical",
    score: 1,
    reason: { text: "x", value: 83.4, numbers: { limit: 80 } },
  });
  const observation = observationOfFinding(found, sensor, "m1", rules("warning"))!;
  assert.deepEqual(
    [observation.severity, observation.text, observation.point, observation.present],
    ["critical", "Bearing 83.4 °C is above critical 80 °C", false, true],
  );
});

Deno.test("signalOfFinding: a limit as it was set, and the value so that it can be told from it", () => {
  const text = (value: number, limit: number, unit: string | null) =>
    observationOfFinding(
      finding({
        detector: "threshold",
        phase: "raised",
        severity: "critical",
        reason: { text: "x", value, numbers: { limit } },
      }),
      { ...sensor, unit, sensor: "p" },
      "m1",
      rules("warning"),
    )!.text;
  assert.equal(text(1013.6, 1013.5, "hPa"), "P 1013.6 hPa is above critical 1013.5 hPa");
  assert.equal(text(7.00041, 7.0004, "pH"), "P 7.00041 pH is above critical 7.0004 pH");
  assert.equal(text(101326.2, 101325.5, "Pa"), "P 101326.2 Pa is above critical 101325.5 Pa");
});

Deno.test("signalOfOutlook: within the limits it is a guess, with a model and without", () => {
  const outlook = (change: Partial<StoredOutlook>) =>
    observationOfOutlook(
      {
        id: 1,
        machine: "hall/press",
        tMs: 1000,
        class: "critical",
        summary: "unusual",
        source: "rules",
        confidence: 0.4,
        sensors: [],
        ...change,
      } as StoredOutlook,
      "m1",
      () => undefined,
      rules("info"),
    ).severity;
  assert.equal(outlook({}), "info");
  assert.equal(outlook({ confidence: 1 }), "critical", "its limits say so");
  assert.equal(outlook({ source: "model", confidence: 0.98 }), "info");
});
