import type { CommittedGroup } from "../intake/committed.ts";
import { shownNow } from "../machines/words.ts";
import type { SensorDirectory } from "../machines/sensor.ts";

/** Chooses readings of a group by storage number and full name. */
export type ReadingMatch = (sensorNum: number, name: string) => boolean;

/**
 * Writes a commit group as the JSON of a `reading` event:
 * `{"readings":[{"sensor":<full name>,"ts":<epoch ms>,"value":<number, or text of a state sensor>}]}`.
 * Null when `match` chooses none of them.
 */
export type EncodeReadings = (group: CommittedGroup, match: ReadingMatch | null) => string | null;

/** Creates the encoder; the quoted name of each sensor is kept, one entry per sensor. */
export function createReadingEncoder(sensors: SensorDirectory): EncodeReadings {
  const heads: { name: string; head: string }[] = [];

  function headOf(num: number, name: string): string {
    const known = heads[num];
    if (known !== undefined && known.name === name) return known.head;
    const head = `{"sensor":${JSON.stringify(name)},"ts":`;
    heads[num] = { name, head };
    return head;
  }

  return (group, match) => {
    let out = "";
    for (let i = 0; i < group.n; i++) {
      const num = group.sensor[i], name = group.names[i];
      if (match !== null && !match(num, name)) continue;
      if (out !== "") out += ",";
      out += `${headOf(num, name)}${group.tMs[i]},"value":${shown(num, group.value[i])}}`;
    }
    return out === "" ? null : `{"readings":[${out}]}`;
  };

  function shown(num: number, value: number): string {
    const sensor = sensors.byNum(num);
    return sensor?.kind === "text" ? JSON.stringify(shownNow(sensor, value)) : String(value);
  }
}
