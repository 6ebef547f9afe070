import { PerchError } from "../base/errors.ts";
import { EARLIEST_MS, LATEST_MS, type ReadingGroup } from "./reading.ts";

/**
 * Refuses a group that could not be given back as it is: the intake lets none of this through, so it is
 * a mistake of the program (`internal`) and not of the person who sent it.
 */
export function checkGroup(group: ReadingGroup): void {
  const { n, sensor, tMs, value, flags, seq } = group;
  for (const column of [sensor, tMs, value, flags, ...(seq ? [seq] : [])]) {
    if (column.length < n) wrong(`a column has ${column.length} of ${n} readings`);
  }
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(value[i])) wrong(`reading ${i} has the value ${value[i]}`);
    if (!(tMs[i] >= EARLIEST_MS && tMs[i] <= LATEST_MS) || tMs[i] % 1 !== 0) {
      wrong(`reading ${i} has the time ${tMs[i]}`);
    }
  }
}

function wrong(what: string): never {
  throw new PerchError("internal", `a group cannot be stored: ${what}`);
}
