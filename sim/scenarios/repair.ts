import type { Scenario } from "./scenario.ts";

const CODEC = `// Meters send one line: volts;amperes;kilowatts, as in "230.1;42.42;9.27".
export const topics = ["meters/+/+"];

export function decode({ topic, text }) {
  const [, area, machine] = topic.split("/");
  const [volts, amperes, kilowatts] = text.split(";").map(Number);
  const name = area + "/" + machine;
  return [
    { sensor: name + "/voltage", value: volts, unit: "V" },
    { sensor: name + "/current", value: amperes, unit: "A" },
    { sensor: name + "/power", value: kilowatts, unit: "kW" },
  ];
}
`;

export const repair: Scenario = {
  name: "repair",
  title:
    "Somebody breaks the codec of a meter: what Perch shows, proposes and holds back meanwhile",
  place: "metered",
  faults: [],
  script: {
    path: "codecs/meter.js",
    text: CODEC,
    broken: CODEC.replace("  ];\n", "  ;\n"),
    breaksAtS: 20,
    does: "decodes what hall-2/meter-1 sends",
    mistake: "without the bracket that closes its list",
  },
};
