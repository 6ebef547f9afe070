import type { LifeNote } from "../../lib/detect/predict/shapes.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { title } from "../../lib/words/names.ts";
import { exact } from "../../lib/words/numbers.ts";
import { duration } from "../../lib/words/times.ts";

/** Remaining life in words: when which limit is reached, or why that is unknown. */
export function lifeWords(life: LifeNote, sensors: SensorDirectory): string {
  return lifeSentence(life, sensors) ?? life.text.charAt(0).toUpperCase() + life.text.slice(1);
}

/** When a limit will probably be reached; null when that is not known. */
export function lifeSentence(life: LifeNote, sensors: SensorDirectory): string | null {
  if (!life.known) return null;
  const sensor = sensors.find(life.sensor);
  const name = sensor ? sensor.settings.display_name ?? sensor.sensor : life.sensor;
  const limit = exact(life.limit);
  const unit = sensor?.unit ? ` ${sensor.unit}` : "";
  return `${title(name)} probably reaches ${limit}${unit} in ${lifeSpan(life)}`;
}

/** `3 h (2 h to 5 h)`. */
export function lifeSpan(life: Extract<LifeNote, { known: true }>): string {
  const high = life.highMs === null ? "much longer" : duration(life.highMs);
  return `${duration(life.remainingMs)} (${duration(life.lowMs)} to ${high})`;
}
