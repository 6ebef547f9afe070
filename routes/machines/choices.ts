import type { MachineDirectory, SensorDirectory } from "../../lib/machines/sensor.ts";
import { title } from "../../lib/words/names.ts";
import { machineTitle } from "../frame/links.ts";
import type { Choice, Choices } from "../frame/picker.tsx";
import { sensorTexts } from "./request.ts";

/** What fields of forms may name of the plant. */
export function plantChoices(machines: MachineDirectory, sensors: SensorDirectory): Choices {
  return (kind, most): readonly Choice[] => {
    switch (kind) {
      case "machine":
        return machines.all().slice(0, most).map((one) => ({
          value: one.path,
          label: machineTitle(one),
        }));
      case "area":
        return [...areasOf(machines.all())].slice(0, most).map((value) => ({
          value,
          label: value.split("/").map(title).join(" / "),
        }));
      case "sensor":
        return sensors.all().slice(0, most).map((one) => ({
          value: one.name,
          label: sensorTexts(machines, one)[0],
        }));
      case "tag":
        return [...new Set(machines.all().flatMap(({ tags }) => tags))].slice(0, most)
          .map((value) => ({ value, label: title(value) }));
      default:
        return [];
    }
  };
}

/** Paths of all areas that machines stand in. */
export function areasOf(machines: readonly { path: string }[]): Set<string> {
  return new Set(machines.flatMap(({ path }) => {
    const levels = path.split("/");
    return levels.slice(1).map((_, i) => levels.slice(0, i + 1).join("/"));
  }));
}
