import type { Sensor } from "../../machines/sensor.ts";
import { lifeVerb } from "../../words/life.ts";
import { lastLevel, sensorTitle, title } from "../../words/names.ts";
import { exact, withUnit } from "../../words/numbers.ts";
import type { LifeNote } from "./shapes.ts";

/** Sensors by their full names. */
export interface NamedSensors {
  find(name: string): Pick<Sensor, "sensor" | "unit" | "settings"> | undefined;
}

/** Remaining life in words: when which limit is reached, or why that is unknown. */
export function lifeWords(life: LifeNote, sensors: NamedSensors, nowMs: number): string {
  return lifeSentence(life, sensors, nowMs) ??
    life.text.charAt(0).toUpperCase() + life.text.slice(1);
}

/** When a limit will probably be reached, or since when it is crossed; null when that is not known. */
export function lifeSentence(life: LifeNote, sensors: NamedSensors, nowMs: number): string | null {
  if (!life.known) return null;
  if ("machines" in life) return title(life.text);
  const sensor = sensors.find(life.sensor);
  const name = sensor ? sensorTitle(sensor) : title(lastLevel(life.sensor));
  const limit = withUnit(exact(life.limit), sensor?.unit);
  return `${name} ${lifeVerb(life, limit, nowMs)}`;
}
