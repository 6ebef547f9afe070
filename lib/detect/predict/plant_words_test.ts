import assert from "node:assert/strict";
import { directoryOf } from "../../../tests/support/directory.ts";
import { DEFAULT_SETTINGS } from "../../machines/sensor_settings.ts";
import { type Limits, limitsSchema } from "../limits.ts";
import { inPlantWords } from "./plant_words.ts";
import type { FeatureShare, SensorShare } from "./shapes.ts";

const own = directoryOf([
  { name: "hall/press-3/vib", settings: { ...DEFAULT_SETTINGS, display_name: "Vibration" } },
  { name: "hall/press-3/oil_temperature", settings: DEFAULT_SETTINGS },
]).all().map((sensor) => ({ ...sensor, unit: sensor.sensor === "vib" ? "mm/s" : "°C" }));

const share = (name: string, change: Partial<SensorShare> = {}): SensorShare => ({
  name: `hall/press-3/${name}`,
  ...{ value: 2.3, low: 1.1, middle: 1.4, high: 1.8, contribution: 0.5, outside: true },
  ...change,
});
const feature = (name: string): FeatureShare => ({
  ...share(name),
  ...{ name, about: "distance across the usual directions (Q, log)", sensor: null },
});
const said = (
  sensors: SensorShare[],
  features: FeatureShare[] = [],
  limits: Limits | null = null,
) =>
  inPlantWords(
    {
      class: "warning" as const,
      summary: "raw",
      action: "Inspect what hall/press-3/vib measures",
      sensors,
      features,
    },
    own,
    () => limits,
  );

Deno.test("inPlantWords: name, value, unit, what is usual; never the mathematics", () => {
  const { summary, action } = said([share("vib")], [feature("q_residual")]);
  assert.equal(summary, "Vibration 2.3 mm/s, usually 1.1 to 1.8");
  assert.equal(action, "Inspect what vibration measures");
  const both = [share("vib", { outside: false }), share("oil_temperature", { outside: false })];
  assert.equal(
    said(both, [feature("q_residual")]).summary,
    "Behaves unusually: vibration and oil temperature no longer move together",
  );
  assert.equal(
    said([both[0]]).summary,
    "Behaves unusually: vibration no longer moves with the others",
  );
  const still = { ...feature("smallest_activity"), sensor: "hall/press-3/oil_temperature" };
  assert.equal(said(both, [still]).summary, "Oil temperature has gone quiet");
  const limits = limitsSchema.parse({ warningHigh: 2, criticalHigh: 3 });
  assert.equal(
    said([share("vib")], [], limits).summary,
    "Vibration 2.3 mm/s, above its warning limit 2 mm/s",
  );
});
