/** Two weeks of the simulated house and plant through what Perch makes of it, with and without faults. */
import { HOUR_MS } from "../../lib/words/times.ts";
import { createWorld } from "../../sim/world.ts";
import { createRandom } from "../../sim/random.ts";
import { houseFaults, type TimedFault } from "../../sim/scenarios/house.ts";
import type { Watch } from "../../lib/detect/runner/watched.ts";
import { OfflineSite } from "./offline_site.ts";

const MINUTE_S = 60;
const START_MS = Date.UTC(2026, 1, 2);

export interface HouseReport {
  sensors: number;
  readings: number;
  days: number;
  /** Alarms of warning and above that no fault explains. */
  falseWarnings: { atMs: number; machine: string; title: string }[];
  hints: number;
  /** The most hints of one sensor within seven days. */
  hintsMost: number;
  /** Minutes until a fault was found; null: not within its time. */
  found: { fault: TimedFault; minutes: number | null; title: string | null }[];
}

export interface HouseOptions {
  seed: number;
  days: number;
  /** Which of the ten faults; left out: none. */
  faults?: readonly TimedFault[];
  replan?: (watches: Watch[]) => Watch[];
}

export function playHouse({ seed, days, faults = [], replan }: HouseOptions): HouseReport {
  const world = createWorld({
    seed,
    faults,
    room: { minC: 0, maxC: 1, periodS: 1 },
    place: "house",
  });
  const site = new OfflineSite({ replan });
  const units = new Map<string, string | null>(
    world.machines.flatMap((machine) =>
      machine.sensors.map(({ name, unit }) => [`${machine.path}/${name}`, unit || null])
    ),
  );
  const codes = new Map<string, number>();
  let readings = 0;
  for (let s = 1; s <= days * 86_400; s++) {
    const tMs = START_MS + s * 1000;
    for (const { machine, values } of world.step()) {
      for (const [name, value] of Object.entries(values)) {
        const full: string = `${machine.path}/${name}`;
        const kind = typeof value === "number"
          ? "number"
          : typeof value === "boolean"
          ? "binary"
          : "text";
        const sensor = site.sensor(full, units.get(full) ?? null, kind);
        let number = Number(value);
        if (kind === "text") {
          const key = `${full} ${value}`;
          if (!codes.has(key)) codes.set(key, codes.size);
          number = codes.get(key)!;
        }
        site.read(sensor, tMs, number);
        readings++;
      }
    }
    if (s % MINUTE_S === 0) site.tick(tMs);
  }
  return report(site, faults, { days, readings });
}

function report(
  site: OfflineSite,
  faults: readonly TimedFault[],
  { days, readings }: { days: number; readings: number },
): HouseReport {
  const all = [...site.alarms.values()];
  const loud = all.filter(({ worst }) => worst !== "info");
  const found = faults.map((fault) => {
    const fromMs = START_MS + fault.atS * 1000;
    const hit = loud.filter(({ alarm, worstMs }) =>
      alarm.machine === fault.machine && worstMs >= fromMs &&
      worstMs <= fromMs + fault.withinS * 1000
    ).sort((a, b) =>
      a.worstMs - b.worstMs
    )[0];
    return {
      fault,
      minutes: hit === undefined ? null : (hit.worstMs - fromMs) / 60_000,
      title: hit?.alarm.title ?? null,
    };
  });
  // What a fault does to its machine, and the way back, is no false warning.
  const explained = (machine: string | null, atMs: number) =>
    faults.some((fault) =>
      fault.machine === machine && atMs >= START_MS + fault.atS * 1000 &&
      atMs <= START_MS + (fault.atS + fault.durationS) * 1000 + 12 * HOUR_MS
    );
  const hints = all.filter(({ worst }) => worst === "info");
  return {
    sensors: site.sensors.size,
    readings,
    days,
    falseWarnings: loud.filter(({ alarm, worstMs }) => !explained(alarm.machine, worstMs))
      .map(({ alarm, worstMs }) => ({
        atMs: worstMs - START_MS,
        machine: alarm.machine!,
        title: alarm.title,
      })),
    hints: hints.length,
    hintsMost: mostOfOne(
      hints.map(({ alarm }) => ({ sensor: alarm.sensor!, tMs: alarm.raisedMs })),
    ),
    found,
  };
}

function mostOfOne(hints: readonly { sensor: number; tMs: number }[]): number {
  let most = 0;
  for (const mine of Map.groupBy(hints, (hint) => hint.sensor).values()) {
    for (const { tMs } of mine) {
      most = Math.max(
        most,
        mine.filter((one) => one.tMs >= tMs && one.tMs < tMs + 7 * 24 * HOUR_MS).length,
      );
    }
  }
  return most;
}

/** The ten faults of a seed, as the scenario has them. */
export function faultsOf(seed: number): TimedFault[] {
  return houseFaults(createRandom(seed, "faults"));
}
