/** A report as data, from the stores: one section after the other, a small question at a time. */
import type { StatusChange } from "../../live/past_store.ts";
import type { ReportDocument, ReportSection } from "../document.ts";
import { REPORT_PARTS, REPORT_PARTS_ABOUT, type ReportOrder, type ReportPart } from "../order.ts";
import { type AlarmFacts, alarmFacts } from "./alarm_facts.ts";
import { alarmSection } from "./alarms.ts";
import { countersOf, leadOf, type MachineFacts, machineFacts } from "./machine_facts.ts";
import { type MachineRow, machineSection } from "./machines.ts";
import { mayCount } from "./meter.ts";
import { predictionFacts, predictionSection } from "./predictions.ts";
import { runsOf } from "./running.ts";
import { type Scope, scopeOf, subtitleOf } from "./scope.ts";
import { type SensorFacts, sensorFacts } from "./sensor_facts.ts";
import type { SensorRows } from "./sensor_tables.ts";
import { CHARTS_MOST, sensorRows, sensorSection } from "./sensors.ts";
import type { ReportSources, Told } from "./sources.ts";
import { pastOf } from "../../words/past_spans.ts";
import { machineName } from "./text.ts";

const REST_MOST_MS = 50;

interface Work {
  sources: ReportSources;
  scope: Scope;
  parts: ReadonlySet<ReportPart>;
  progress: Told;
  signal: AbortSignal;
}

/**
 * Gathers a report; the same data and the same order give the same document.
 * @throws PerchError `validation` for a range that holds no time; the signal's reason when it is aborted
 */
export async function buildReport(
  sources: ReportSources,
  order: ReportOrder,
  progress: Told,
  signal: AbortSignal,
): Promise<ReportDocument> {
  const scope = scopeOf(sources, order);
  const work: Work = { sources, scope, parts: new Set(order.parts), progress, signal };
  const sections = await sectionsOf(work);
  const ordered = REPORT_PARTS.flatMap((part) => sections.get(part) ?? []);
  return {
    title: order.title ?? titleOf(order.parts),
    subtitle: subtitleOf(scope, order),
    site: sources.site,
    zone: scope.zone,
    fromMs: scope.fromMs,
    toMs: scope.toMs,
    sections: ordered,
  };
}

function titleOf(parts: readonly ReportPart[]): string {
  return parts.length === 1 ? REPORT_PARTS_ABOUT[parts[0]] : "Report";
}

async function sectionsOf(work: Work): Promise<Map<ReportPart, ReportSection>> {
  const { sources, scope, parts, progress, signal } = work;
  const sections = new Map<ReportPart, ReportSection>();
  const needsMachines = parts.has("machines") || parts.has("predictions");
  progress({ share: 0, words: "Reading alarms" });
  const alarms = parts.has("alarms") || parts.has("machines")
    ? await alarmFacts(sources, scope, signal)
    : null;
  if (parts.has("alarms")) sections.set("alarms", alarmSection(alarms!, scope));
  const perch = await sources.perch(leadOf(scope));
  const machines = needsMachines || parts.has("sensors")
    ? await everyMachine(work, perch)
    : { rows: [], sensors: [] };
  if (parts.has("sensors")) sections.set("sensors", sensorSection(machines.sensors, scope.zone));
  if (parts.has("machines")) {
    sections.set("machines", machineSection(machines.rows, alarms as AlarmFacts, scope));
  }
  if (parts.has("predictions")) {
    progress({ share: 0.95, words: "Reading predictions" });
    const facts = await predictionFacts(sources, scope, signal);
    const failures = new Map(machines.rows.map(({ facts: { machine, performance } }) => [
      machine.path,
      performance.failures,
    ]));
    sections.set("predictions", predictionSection(facts, scope, failures));
  }
  progress({ share: 1, words: "Gathered" });
  return sections;
}

/** Machine by machine: of each what its sensors say, which is let go before the next. */
async function everyMachine(
  work: Work,
  perch: readonly StatusChange[],
): Promise<{ rows: MachineRow[]; sensors: SensorRows[] }> {
  const { sources, scope, parts } = work;
  const range = { fromMs: scope.fromMs, toMs: scope.toMs };
  const heard = pastOf([{ tMs: 0, status: "normal" }], perch, range)
    .filter(({ state }) => state === "normal");
  const rows: MachineRow[] = [];
  const sensors: SensorRows[] = [];
  let charts = 0, done = 0;
  for (const machine of scope.machines) {
    work.progress({
      share: 0.05 + 0.9 * done++ / scope.machines.length,
      words: `Reading ${machineName(machine)}`,
    });
    const facts: MachineFacts | null = parts.has("machines") || parts.has("predictions")
      ? await machineFacts(sources, machine, scope, perch)
      : null;
    const counting: SensorFacts[] = [];
    for (const sensor of scope.sensors.get(machine.path) ?? []) {
      work.signal.throwIfAborted();
      const counts = mayCount(sensor, sources.counts(sensor)) || runsOf(sensor) !== null;
      if (!parts.has("sensors") && !(counts && parts.has("machines"))) continue;
      const startMs = sources.clock.monotonic();
      const found = await sensorFacts(sources, sensor, scope, { perch, heard });
      const tookMs = sources.clock.monotonic() - startMs;
      await sources.clock.sleep(Math.min(REST_MOST_MS, tookMs), work.signal);
      if (found.counted !== null || found.running !== null) counting.push(found);
      if (!parts.has("sensors")) continue;
      const own = sensorRows(found, scope, charts < CHARTS_MOST);
      if (own.chart !== null) charts++;
      sensors.push(own);
    }
    if (facts !== null) rows.push({ facts, counters: countersOf(counting, sources) });
  }
  return { rows, sensors };
}
