/**
 * A dry run's store: counts as an import would, and stores nothing. What is not in the history goes into a scratch
 * database, which knows when the same file says it again.
 */
import type { ImportBlock, ImportStore } from "../../readings/importing.ts";

/** Sensors that there are not have numbers from here on. */
export const STAND_INS = 2 ** 31;

export type Counting = Pick<ImportStore, "importReadings" | "importHours">;

export function createCounting(readings: Counting, scratch: Counting): Counting {
  /** The scratch database has numbers without gaps. */
  const numbers = new Map<number, number>();
  const numberOf = (sensor: number) => {
    const known = numbers.get(sensor) ?? numbers.size + 1;
    numbers.set(sensor, known);
    return known;
  };

  async function storeAll(block: ImportBlock): Promise<number> {
    let stored = 0;
    for (let taken = 0; taken < block.tMs.length;) {
      const one = await scratch.importReadings(behind(block, taken));
      stored += one.stored;
      taken += one.taken;
    }
    return stored;
  }

  return {
    async importReadings(given) {
      const block = ofOneSort(given);
      const isNew = block.sensor[0] >= STAND_INS;
      const { taken, there } = isNew
        ? { taken: block.tMs.length, there: new Uint8Array(block.tMs.length) }
        : await readings.importReadings(behind(block, 0), true);
      const fresh = without(block, there!, taken);
      const stored = await storeAll({ ...fresh, sensor: fresh.sensor.map(numberOf) });
      return { stored, repeated: taken - stored, taken };
    },
    async importHours(hours) {
      if (hours.sensor < STAND_INS) return await readings.importHours(hours, true);
      return await scratch.importHours({ ...hours, sensor: numberOf(hours.sensor) });
    },
  };
}

/** The parts that a block begins with and that are all of sensors that there are, or all of new ones. */
function ofOneSort(block: ImportBlock): ImportBlock {
  const { sensor, n } = block;
  const isNew = sensor[0] >= STAND_INS;
  const other = sensor.findIndex((one) => one >= STAND_INS !== isNew);
  if (other < 0) return block;
  const all = n.subarray(0, other).reduce((sum, one) => sum + one, 0);
  return {
    ...block,
    sensor: sensor.slice(0, other),
    n: n.slice(0, other),
    tMs: block.tMs.slice(0, all),
    value: block.value.slice(0, all),
  };
}

/** The first `taken` readings of a block, without those that are marked. */
function without(block: ImportBlock, marked: Uint8Array, taken: number): ImportBlock {
  const n = block.n.slice();
  let at = 0;
  for (let p = 0; p < n.length; p++) {
    const end = Math.min(taken, at + block.n[p]);
    let left = 0;
    for (let i = at; i < end; i++) left += 1 - marked[i];
    n[p] = left;
    at += block.n[p];
  }
  const kept = (column: Float64Array) =>
    column.subarray(0, taken).filter((_, i) => marked[i] === 0);
  return { ...block, n, tMs: kept(block.tMs), value: kept(block.value) };
}

/** A block without its first `taken` readings, in arrays of its own. */
function behind(block: ImportBlock, taken: number): ImportBlock {
  let left = taken;
  const n = block.n.map((one) => {
    const skipped = Math.min(left, one);
    left -= skipped;
    return one - skipped;
  });
  const { sensor, tMs, value } = block;
  return { ...block, sensor: sensor.slice(), n, tMs: tMs.slice(taken), value: value.slice(taken) };
}
