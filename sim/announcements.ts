/** The plant says what it is, as Home Assistant's discovery wants it: devices, and their sensors with name and unit. */
import type { Machine } from "./machines/machine.ts";
import { type Message, topicOf } from "./messages.ts";

/** One announcement for each machine whose topics Perch reads without a codec. They are to be retained. */
export function announcements(machines: readonly Machine[]): Message[] {
  return machines.filter(({ dialect, sensors }) => dialect !== "own" && sensors.length > 0)
    .map((machine) => ({
      topic: `homeassistant/device/${idOf(machine.path)}/config`,
      payload: JSON.stringify(announcementOf(machine)),
    }));
}

function announcementOf(machine: Machine) {
  const levels = machine.path.split("/");
  const many = machine.dialect === "many";
  return {
    device: {
      identifiers: [idOf(machine.path)],
      name: titleOf(levels.at(-1)!),
      manufacturer: "Simulated plant",
      model: titleOf(levels.at(-1)!.replace(/-?\d+$/, "")),
      ...(levels.length > 1 ? { suggested_area: levels.slice(0, -1).join("/") } : {}),
    },
    origin: { name: "perch sim" },
    components: Object.fromEntries(machine.sensors.map(({ name, unit }) => [name, {
      platform: "sensor",
      unique_id: `${idOf(machine.path)}_${idOf(name)}`,
      name: titleOf(name),
      unit_of_measurement: unit === "" ? undefined : unit,
      state_class: "measurement",
      state_topic: many ? `factory/${machine.path}` : topicOf(machine, name),
      value_template: machine.dialect === "plain"
        ? undefined
        : `{{ value_json${many ? `[${JSON.stringify(name)}]` : ".value"} }}`,
    }])),
  };
}

const idOf = (text: string) => `sim_${text.replace(/[^a-zA-Z0-9_-]/g, "_")}`;

const SPELLINGS: Readonly<Record<string, string>> = { rpm: "RPM", ph: "pH", co2: "CO₂" };

function titleOf(text: string): string {
  const words = text.split(/[_-]+/).map((word) => SPELLINGS[word] ?? word).join(" ");
  if (words.startsWith("pH")) return words;
  return words.charAt(0).toUpperCase() + words.slice(1);
}
