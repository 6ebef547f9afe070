import assert from "node:assert/strict";
import type { Finding } from "./detector.ts";
import { headlineOf } from "./headline.ts";

const sensor = { sensor: "hall/press-3/oil_flow", unit: "l/min", settings: { display_name: null } };
const said = (detector: string, reason: Finding["reason"], phase: Finding["phase"] = "raised") =>
  headlineOf({ detector, phase, severity: "warning", reason }, sensor);

Deno.test("headlineOf: name, value with its unit, what is usual; never the mathematics", () => {
  const text = "3.1 is 4.2 standard deviations from the mean 1.2 of the last 300 readings";
  const range = { value: 3.1, expectedLow: 0.8, expectedHigh: 1.6 };
  assert.equal(
    said("zscore", { text, ...range }, "point"),
    "Oil flow 3.1 l/min, usually 0.8 to 1.6",
  );
  const kinds: [string, Finding["reason"], Finding["phase"], string][] = [
    [
      "threshold",
      { text, value: 9, numbers: { limit: 8 } },
      "raised",
      "Oil flow 9 l/min is above warning 8 l/min",
    ],
    [
      "threshold",
      { text, value: 7, numbers: { limit: 8 } },
      "cleared",
      "Oil flow 7 l/min is within its limit 8 l/min again",
    ],
    [
      "rate",
      { text, value: 9, numbers: { perMinute: -12 } },
      "raised",
      "Oil flow 9 l/min, changing by 12 l/min per minute",
    ],
    [
      "stuck",
      { text, value: 9, numbers: { unchangedMs: 1_200_000 } },
      "raised",
      "Oil flow 9 l/min, unchanged for 20 min",
    ],
    [
      "silence",
      { text, numbers: { silentMs: 90_000 } },
      "raised",
      "Oil flow: no reading for 90 s",
    ],
    ["silence", { text }, "cleared", "Oil flow: reports again"],
    [
      "streaming",
      { text, value: 9, component: "activity", numbers: { step: 3, usualStep: 1 } },
      "point",
      "Oil flow jumps by 3 l/min, usually 1 at most",
    ],
    [
      "streaming",
      { text, value: 9, component: "still", numbers: { step: 0, usualStep: 0.3 } },
      "point",
      "Oil flow moves by 0 l/min, usually 0.3",
    ],
    [
      "streaming",
      { text, value: 9, component: "swing", numbers: { step: 4, usualStep: 1.5 } },
      "point",
      "Oil flow swings by 4 l/min, usually 1.5 at most",
    ],
    [
      "departure",
      { text, value: 1, component: "awake", numbers: { awakeMs: 10_800_000 } },
      "raised",
      "Oil flow 1 l/min, not at rest for 3 h",
    ],
    [
      "departure",
      { text, value: 1, component: "switching", numbers: { switches: 40 } },
      "raised",
      "Oil flow switched on 40 times in an hour",
    ],
    ["departure", { text, value: 1 }, "cleared", "Oil flow 1 l/min, as usual again"],
  ];
  for (const [detector, reason, phase, expected] of kinds) {
    assert.equal(said(detector, reason, phase), expected);
  }
});

Deno.test("headlineOf: what somebody's own detector says is kept where it is short enough", () => {
  assert.equal(said("custom:pump", { text: "the pump runs dry" }), "Oil flow: the pump runs dry");
  const text = "the pump has run dry for so long that it should be looked at soon";
  assert.equal(said("custom:pump", { text }).split(" ").length, 12);
  assert.equal(
    said("custom:pump", { text, value: 3, expectedLow: 1, expectedHigh: 2 }),
    "Oil flow 3 l/min, usually 1 to 2",
  );
});
