/** What is said of one machine over a range. */
import type { Machine } from "../../machines/machine.ts";
import { conversion, quantityOf } from "../../machines/units.ts";
import type { StatusChange } from "../../live/past_store.ts";
import { LEAD_MS, type Performance, performanceOf } from "./performance.ts";
import { plannedFor } from "./planned.ts";
import type { Scope } from "./scope.ts";
import type { SensorFacts } from "./sensor_facts.ts";
import type { Range, ReportSources } from "./sources.ts";
import { cutTo, overlaid, pastOf, type StateSpan } from "../../words/past_spans.ts";
import { HOUR_MS } from "../../words/times.ts";

const PAGE = 200;
/** Tickets of one machine that are looked at. */
const TICKETS_MOST = 10_000;

export interface MachineFacts {
  machine: Machine;
  performance: Performance;
  /** Of the range alone. */
  past: StateSpan[];
  /** Some sensor has a critical limit: without, no failure can be seen. */
  judged: boolean;
  repair: { n: number; sumMs: number };
}

/** From when on the past of a machine is asked for, so that failures are known from their beginning. */
export function leadOf({ fromMs, toMs }: Range): Range {
  return { fromMs: Math.max(0, fromMs - LEAD_MS), toMs };
}

export async function machineFacts(
  sources: ReportSources,
  machine: Machine,
  scope: Scope,
  perch: readonly StatusChange[],
): Promise<MachineFacts> {
  const range = { fromMs: scope.fromMs, toMs: scope.toMs };
  const known = leadOf(range);
  const planned = plannedFor(machine.path, sources.windows(), known, scope.zone);
  const changes = await sources.past(machine.id, known);
  const past = overlaid(pastOf(changes, perch, known), planned, "maintenance");
  const own = scope.sensors.get(machine.path) ?? [];
  return {
    machine,
    performance: performanceOf(past, range),
    past: cutTo(past, range),
    judged: changes.some(({ status }) => status === "critical") ||
      own.some(({ settings }) => settings.critical_low !== null || settings.critical_high !== null),
    repair: await repairOf(sources, machine, range),
  };
}

async function repairOf({ tickets }: ReportSources, machine: Machine, range: Range) {
  let n = 0, sumMs = 0, seen = 0;
  let cursor: string | undefined;
  do {
    const page = await tickets({ machineId: machine.id, limit: PAGE, cursor });
    for (const { created_ms, started_ms, resolved_ms } of page.items) {
      if (created_ms < range.fromMs || created_ms >= range.toMs) continue;
      if (started_ms === null || resolved_ms === null || resolved_ms >= range.toMs) continue;
      n++;
      sumMs += resolved_ms - started_ms;
    }
    seen += page.items.length;
    const oldest = page.items.at(-1)?.created_ms ?? 0;
    cursor = oldest < range.fromMs ? undefined : page.next ?? undefined;
  } while (cursor !== undefined && seen < TICKETS_MOST);
  return { n, sumMs };
}

/** What its sensors count and say of whether it runs; what a machine has several of, of the first by name. */
export interface Counters {
  runMs: number | null;
  starts: number | null;
  /** Wh. */
  energyWh: number | null;
}

export function countersOf(facts: readonly SensorFacts[], sources: ReportSources): Counters {
  const computed = facts.find(({ sensor, counted }) =>
    counted !== null && sources.counts(sensor) === "run_time"
  );
  const running = facts.find((one) => one.running !== null)?.running ?? null;
  const meter = facts.find(({ sensor, counted }) =>
    counted !== null && sensor.unit !== null && quantityOf(sensor.unit) === "energy"
  );
  return {
    runMs: running?.runMs ?? (computed === undefined ? null : inHours(computed) * HOUR_MS),
    starts: running?.starts ?? null,
    energyWh: meter === undefined ? null : inWh(meter),
  };
}

function inHours({ sensor, counted }: SensorFacts): number {
  return inUnitOf(sensor.unit, "h", counted!.total);
}

function inWh({ sensor, counted }: SensorFacts): number {
  return inUnitOf(sensor.unit, "Wh", counted!.total);
}

/** As it is where its unit is not one of the quantity. */
function inUnitOf(unit: string | null, wanted: string, total: number): number {
  const factor = unit === null ? null : conversion(unit, wanted)?.factor;
  return total * (factor ?? 1);
}
