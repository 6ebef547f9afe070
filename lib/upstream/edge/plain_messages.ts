/** Readings as plain JSON, one message each. Pure. */
import type { Sensor } from "../../machines/sensor.ts";
import type { JournalPage } from "../../readings/store.ts";

export interface FeedMessage {
  topic: string;
  payload: string;
  qos: 1;
  retain: false;
}

/** `forwarded/<site>/<area…>/<machine>/<sensor>` with `{"value","ts","unit"}`. */
export function messagesOf(
  page: JournalPage,
  { site, byNum }: {
    site: string;
    byNum: (num: number) => Pick<Sensor, "name" | "kind" | "states" | "unit"> | undefined;
  },
): FeedMessage[] {
  return Array.from(page.sensor).flatMap((num, i): FeedMessage[] => {
    const sensor = byNum(num);
    if (sensor === undefined) return [];
    const value = page.value[i];
    const body = {
      value: sensor.kind === "text" ? sensor.states[value] ?? String(value) : value,
      ts: page.tMs[i],
      ...(sensor.unit === null ? {} : { unit: sensor.unit }),
    };
    const topic = `forwarded/${site}/${sensor.name}`;
    return [{ topic, payload: JSON.stringify(body), qos: 1, retain: false }];
  });
}
