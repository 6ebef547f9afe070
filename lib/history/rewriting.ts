/**
 * DESIGN. Readings of a stretch became others: corrections, what is computed again, times that were moved. A server
 * deletes series and not stretches, so the month is written anew under the next name: what the server has of the rest
 * of it, and what Perch has of the stretch. Once all of that was found there, the new name counts, and the old series
 * goes. What was summed up here is not changed any more, so only what Perch still has readings of is looked at.
 */
import type { Clock } from "../base/clock.ts";
import type { Sensor } from "../machines/sensor.ts";
import type { OnwardStore, ReadingColumns } from "../readings/onward.ts";
import { DAY_MS } from "../words/times.ts";
import { compare } from "./compare.ts";
import type { Change, HistoryStore } from "./history_store.ts";
import type { Known } from "./known.ts";
import { monthRange, monthsIn, partOf } from "./months.ts";
import { HistoryError, type HistoryServer, type Selector } from "./server.ts";

export interface RewritingDeps {
  clock: Clock;
  readings: Pick<OnwardStore, "sealed" | "reach">;
  store: HistoryStore;
  known: Known;
  sensor: (num: number) => Sensor | undefined;
  /** How long the server may take to make what it was sent safe. */
  settleMs: number;
}

interface Range {
  fromMs: number;
  toMs: number;
}

const CHANGES_OF_STEP = 100;

/** One step: what changed of one sensor. False: nothing did. */
export function createRewriting(deps: RewritingDeps) {
  const { clock, readings, store, known } = deps;

  /** Stretches of one month that differ at the server, without what was summed up here. */
  async function differing(
    server: HistoryServer,
    { num, id }: Sensor,
    ranges: readonly Range[],
    signal: AbortSignal,
  ): Promise<Range[]> {
    const found: Range[] = [];
    for (const range of ranges) {
      const { summedUntilMs } = await readings.reach({ sensor: num, ...range });
      const fromMs = Math.max(range.fromMs, summedUntilMs ?? 0);
      for (const day of days({ fromMs, toMs: range.toMs })) {
        const there = await server.readings(known.selector(num, id, day), day, signal);
        const ours = await readings.sealed({ sensor: num, ...day });
        if (compare(ours, there).extra > 0) found.push(day);
      }
    }
    return found;
  }

  async function rewrite(
    server: HistoryServer,
    sensor: Sensor,
    month: string,
    ranges: readonly Range[],
    signal: AbortSignal,
  ): Promise<void> {
    const { num, id } = sensor;
    const before = known.generation(num, month);
    const tried = (await store.parts())
      .filter((part) => part.sensor === num && part.month === month)
      .reduce((most, { generation }) => Math.max(most, generation), before);
    const generation = tried + 1;
    await store.build(num, month, generation);
    const labels = known.labels(sensor, month, generation);
    let n = 0;
    for (const day of days(monthRange(month))) {
      const there = await server.readings(known.selector(num, id, day), day, signal);
      let columns = there;
      for (const range of ranges) {
        if (range.toMs <= day.fromMs || range.fromMs >= day.toMs) continue;
        const ours = await readings.sealed({ sensor: num, ...range });
        columns = replaced(columns, range, ours);
      }
      if (columns.tMs.length === 0) continue;
      await server.write([{ labels, ...columns }], signal);
      n += columns.tMs.length;
    }
    await clock.sleep(deps.settleMs, signal);
    await server.flush(signal);
    const whole = monthRange(month);
    const only = part(known.selector(num, id, whole), month, generation);
    const there = await server.count(only, whole, signal);
    if (there !== n) {
      throw new HistoryError(
        `of ${n} corrected readings of ${sensor.name} the server has ${there}`,
      );
    }
    await store.built(num, month, generation, before);
  }

  /** Removes at the server what does not count any more. */
  async function clean(server: HistoryServer, signal: AbortSignal): Promise<void> {
    for (const { id: row, sensor, month, generation, state } of await store.parts()) {
      if (state === "used") continue;
      const id = deps.sensor(sensor)?.id ?? known.series(sensor)?.id;
      if (id) {
        await server.remove(
          part(known.selector(sensor, id, monthRange(month)), month, generation),
          signal,
        );
      }
      await store.removed(row);
    }
  }

  return {
    async step(server: HistoryServer, signal: AbortSignal): Promise<boolean> {
      const changes = await store.changes(CHANGES_OF_STEP);
      if (changes.length === 0) return false;
      const [{ sensor: num }] = changes;
      const own: Change[] = changes.filter(({ sensor }) => sensor === num);
      const sensor = deps.sensor(num);
      const series = known.series(num);
      if (sensor !== undefined && series?.id) {
        for (const [month, ranges] of byMonth(own)) {
          const ours = await differing(server, sensor, ranges, signal);
          if (ours.length === 0) continue;
          await rewrite(server, sensor, month, ours, signal);
          await known.load(store);
        }
      }
      await clean(server, signal);
      await store.settled(own);
      await known.load(store);
      return true;
    },
    clean,
  };
}

function part(of: Selector, month: string, generation: number): Selector {
  return { ...of, part: partOf(month, generation) };
}

function byMonth(ranges: readonly Range[]): Map<string, Range[]> {
  const found = new Map<string, Range[]>();
  for (const { fromMs, toMs } of ranges) {
    for (const month of monthsIn(fromMs, toMs)) {
      const whole = monthRange(month);
      const within = {
        fromMs: Math.max(fromMs, whole.fromMs),
        toMs: Math.min(toMs, whole.toMs),
      };
      found.set(month, [...found.get(month) ?? [], within]);
    }
  }
  return found;
}

function* days({ fromMs, toMs }: Range): Generator<Range> {
  for (let at = fromMs; at < toMs;) {
    const next = Math.min(toMs, (Math.floor(at / DAY_MS) + 1) * DAY_MS);
    yield { fromMs: at, toMs: next };
    at = next;
  }
}

/** Columns with ours in place of what they have in a range. */
function replaced(columns: ReadingColumns, { fromMs, toMs }: Range, ours: ReadingColumns) {
  const first = columns.tMs.findIndex((tMs) => tMs >= fromMs);
  const from = first < 0 ? columns.tMs.length : first;
  const behind = columns.tMs.findIndex((tMs) => tMs >= toMs);
  const to = behind < 0 ? columns.tMs.length : behind;
  const join = (all: Float64Array, own: Float64Array) =>
    Float64Array.from([...all.subarray(0, from), ...own, ...all.subarray(to)]);
  return { tMs: join(columns.tMs, ours.tMs), value: join(columns.value, ours.value) };
}
