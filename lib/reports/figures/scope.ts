/** Which machines and which time a report is about, in words. */
import { PerchError } from "../../base/errors.ts";
import { isUnder, type Machine } from "../../machines/machine.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { ReportOrder } from "../order.ts";
import type { Range, ReportSources } from "./sources.ts";
import { lengthText, machineName, plural } from "./text.ts";

export interface Scope extends Range {
  zone: string;
  machines: readonly Machine[];
  /** By path of their machine. */
  sensors: ReadonlyMap<string, readonly Sensor[]>;
  /** Alarms and predictions of everything are asked for, those of Perch itself among them. */
  whole: boolean;
  has: (path: string | null) => boolean;
  nameOf: (path: string | null) => string;
}

const NAMES_MOST = 4;
/** Press 5 before Press 13. */
const BY_NUMBERS = new Intl.Collator("en", { numeric: true });

/** @throws PerchError `validation`: the range is empty */
export function scopeOf(sources: ReportSources, order: ReportOrder): Scope {
  const fromMs = Math.trunc(order.fromMs);
  const toMs = Math.trunc(Math.min(order.toMs, order.orderedMs));
  if (!(fromMs < toMs)) {
    throw new PerchError("validation", "the range of the report holds no time that has passed");
  }
  const whole = order.machines.length === 0;
  const wanted = (path: string) => whole || order.machines.some((above) => isUnder(path, above));
  const machines = sources.machines().filter(({ path }) => wanted(path))
    .sort((a, b) => BY_NUMBERS.compare(a.path, b.path));
  const byPath = new Map(machines.map((machine) => [machine.path, machine]));
  const sensors = new Map<string, Sensor[]>();
  for (const sensor of sources.sensors()) {
    if (!byPath.has(sensor.machine)) continue;
    const own = sensors.get(sensor.machine);
    if (own === undefined) sensors.set(sensor.machine, [sensor]);
    else own.push(sensor);
  }
  return {
    fromMs,
    toMs,
    zone: sources.zone(),
    machines,
    sensors,
    whole,
    has: (path) => path === null ? whole : wanted(path),
    nameOf: (path) =>
      path === null ? "Perch" : machineName(byPath.get(path) ?? { name: null, path }),
  };
}

/** `Press 3, Oven · 30 days`. */
export function subtitleOf(scope: Scope, order: ReportOrder): string {
  const { machines, toMs } = scope;
  const names = machines.map(machineName);
  const others = names.length - NAMES_MOST + 1;
  const which = scope.whole
    ? "All machines"
    : names.length === 0
    ? "No machines"
    : others > 1
    ? `${names.slice(0, NAMES_MOST - 1).join(", ")} and ${plural(others, "other")}`
    : names.join(", ");
  const end = toMs < order.toMs ? ", until it was ordered" : "";
  return `${which} · ${lengthOf(scope)}${end}`;
}

/** Days by the calendar where it is whole days, else hours. */
function lengthOf({ fromMs, toMs, zone }: Scope): string {
  const [from, to] = [fromMs, toMs].map((tMs) =>
    Temporal.Instant.fromEpochMilliseconds(tMs).toZonedDateTimeISO(zone)
  );
  const { days, hours, minutes, seconds, milliseconds } = from.until(to, { largestUnit: "day" });
  const isWhole = hours + minutes + seconds + milliseconds === 0;
  return isWhole ? plural(days, "day") : lengthText(toMs - fromMs);
}
