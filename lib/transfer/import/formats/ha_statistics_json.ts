import type { ImportSource } from "../format.ts";
import { headOf } from "../bytes_source.ts";
import { inspectByReading, type Readable } from "../inspecting.ts";
import { jsonSegments } from "../json_items.ts";
import type { SegmentBuilder } from "../segment.ts";
import { createTimeReader, type Time, timeOfMs } from "../times.ts";
import { isEntity } from "./ha_states.ts";
import { addStatistic, type StatisticHour } from "./ha_statistics.ts";
import { HOUR_MS } from "../../../words/times.ts";

/** As the WebSocket answers: the result alone, or with what is around it. */
const BARE = /^\s*\{\s*"([a-z0-9_]+[.:][^"]+)"\s*:\s*\[\s*(?:\{[^}]*"start"\s*:|\])/;
const WRAPPED =
  /^\s*\{[^[]*?"result"\s*:\s*\{\s*"([a-z0-9_]+[.:][^"]+)"\s*:\s*\[\s*(?:\{[^}]*"start"\s*:|\])/;

/** `recorder/statistics_during_period` of Home Assistant's WebSocket: hours by entity. */
export const haStatisticsJson: Readable = {
  id: "ha-statistics-json",
  title: "Home Assistant, statistics (JSON)",

  detect(head) {
    const text = new TextDecoder().decode(head.subarray(0, 4096));
    return BARE.test(text) || WRAPPED.test(text) ? 1 : 0;
  },

  inspect: (source, options) =>
    inspectByReading(haStatisticsJson, source, options, [
      "The file says no units: they are taken from the names, and can be given before it is imported.",
    ]),

  async *read(source, _options, cursor, signal, most?: number) {
    const times = createTimeReader({});
    const wrapped = await isWrapped(source);
    const paths = [wrapped ? "$.result.*.*" : "$.*.*"];
    yield* jsonSegments(
      { source, paths, cursor, signal, most },
      (segment, { path, value }, number) => {
        const entity = String(path.at(-2));
        if (segment !== null) {
          addHour(segment, entity, value, number, (text) => times.read(text, ""));
        }
        return true;
      },
    );
  },
};

async function isWrapped(source: ImportSource): Promise<boolean> {
  return WRAPPED.test(new TextDecoder().decode(await headOf(source, 4096)));
}

function addHour(
  segment: SegmentBuilder,
  entity: string,
  value: unknown,
  number: number,
  read: (text: string) => Time,
): void {
  if (!isEntity(entity) || typeof value !== "object" || value === null) {
    return segment.reject(number, "the element is no hour of an entity");
  }
  const hour = value as { start?: unknown; end?: unknown } & StatisticHour;
  const timeOf = (time: unknown): Time =>
    typeof time === "number" ? timeOfMs(time) : read(typeof time === "string" ? time : "");
  const [start, end] = [timeOf(hour.start), timeOf(hour.end)];
  if (typeof start === "string") return segment.reject(number, start);
  if (typeof end === "number" && end - start !== HOUR_MS) {
    const minutes = (end - start) / 60_000;
    return segment.reject(
      number,
      `the element covers ${minutes} minutes: hours are taken, so ask Home Assistant with the period "hour"`,
    );
  }
  const fault = addStatistic(segment, { ...hour, entity, tMs: start, unit: null });
  if (fault !== null) segment.reject(number, fault);
}
