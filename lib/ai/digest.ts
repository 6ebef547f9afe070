/** What the model is told of the site: bounded, the most telling first. Pure. */
import { severityRank } from "../words/severity.ts";
import { dateTime, duration } from "../words/times.ts";
import type { SensorFact, SiteFacts } from "./facts.ts";
import { limitWords, usualWords, valueWords } from "./words.ts";

/** Bytes of JSON: some 5 000 tokens. */
const BYTES_MOST = 16_000;
const ALARMS_MOST = 25;
const FAULTS_MOST = 15;
const EVENT_TYPES_MOST = 15;
const LATEST_MOST = 12;
const OUTLOOKS_MOST = 10;
const TEXT_MOST = 240;

export interface Digest {
  now: string;
  counts: Record<string, number>;
  machines_off: unknown[];
  sensors: SensorLine[];
  /** How many are not listed, for want of room. */
  sensors_left_out: number;
  alarms: unknown[];
  faults_of_perch: unknown[];
  parts_not_well: unknown[];
  host: unknown;
  outlooks: unknown[];
  events_today: unknown[];
  latest_events: unknown[];
}

interface SensorLine {
  /** What the answer calls it. */
  ref: string;
  machine: string;
  sensor: string;
  value: string;
  status: string;
  usual?: string;
  beyond?: string;
  age?: string;
}

/** Those that are off first, then those that `first` names, then the others, until the room is used up. */
export function digestOf(
  facts: SiteFacts,
  first: ReadonlySet<string> = new Set(),
): { digest: Digest; refs: Map<string, SensorFact> } {
  const { nowMs, zone, machines, sensors, alarms, today } = facts;
  const ago = (tMs: number) => duration(Math.max(0, nowMs - tMs));
  const digest: Digest = {
    now: dateTime(nowMs, zone),
    counts: {
      machines: machines.length,
      sensors: sensors.length,
      sensors_off: sensors.filter(({ status }) => status !== "normal").length,
      open_alarms: alarms.length,
      alarms_today: today.alarms,
      readings_today: today.readings,
    },
    machines_off: machines.filter(({ status }) => status !== "normal").slice(0, 30)
      .map(({ title, status, sinceMs }) => ({ machine: title, status, for: ago(sinceMs) })),
    sensors: [],
    sensors_left_out: 0,
    alarms: alarms.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity))
      .slice(0, ALARMS_MOST).map(({ severity, title, machineTitle, sinceMs, count, waits }) => ({
        severity,
        text: cut(title),
        machine: machineTitle,
        open_for: ago(sinceMs),
        times: count,
        acknowledged: !waits,
      })),
    faults_of_perch: facts.faults.slice(0, FAULTS_MOST)
      .map(({ severity, component, message, place, n }) => ({
        severity,
        component,
        text: cut(message),
        place,
        times: n,
      })),
    parts_not_well: facts.parts.slice(0, FAULTS_MOST)
      .map(({ name, health, detail }) => ({ name, health, text: cut(detail) })),
    host: facts.host === null
      ? null
      : { status: facts.host.status, problems: facts.host.problems.slice(0, 8) },
    outlooks: facts.outlooks.filter(({ class: kind, life }) => kind !== "normal" || life !== null)
      .slice(0, OUTLOOKS_MOST).map(({ machineTitle, class: kind, summary, life }) => ({
        machine: machineTitle,
        class: kind,
        text: cut(summary),
        ...(life === null ? {} : {
          reaches_limit: {
            sensor: life.sensorTitle,
            limit: `${life.limit} ${life.unit ?? ""}`.trim(),
            in: duration(life.remainingMs),
          },
        }),
      })),
    events_today: today.events.slice(0, EVENT_TYPES_MOST),
    latest_events: today.latest.slice(0, LATEST_MOST)
      .map(({ tMs, severity, text }) => ({ ago: ago(tMs), severity, text: cut(text) })),
  };
  return { digest, refs: fill(digest, facts, first) };
}

/** Takes in sensors while there is room. */
function fill(
  digest: Digest,
  facts: SiteFacts,
  first: ReadonlySet<string>,
): Map<string, SensorFact> {
  const refs = new Map<string, SensorFact>();
  const rank = ({ id, status }: SensorFact) =>
    (first.has(id) ? 0 : 10) + (status === "normal" ? 2 : status === "offline" ? 1 : 0);
  const ordered = facts.sensors.toSorted((a, b) => rank(a) - rank(b));
  let left = BYTES_MOST - JSON.stringify(digest).length;
  for (const sensor of ordered) {
    const ref = `s${refs.size + 1}`;
    const line = sensorLine(ref, sensor, facts);
    left -= JSON.stringify(line).length + 1;
    if (left < 0) break;
    digest.sensors.push(line);
    refs.set(ref, sensor);
  }
  digest.sensors_left_out = ordered.length - refs.size;
  return refs;
}

function sensorLine(ref: string, sensor: SensorFact, { nowMs }: SiteFacts): SensorLine {
  const usual = usualWords(sensor);
  const beyond = limitWords(sensor);
  return {
    ref,
    machine: cut(sensor.machineTitle),
    sensor: cut(sensor.title),
    value: cut(valueWords(sensor)),
    status: sensor.status,
    ...(usual === null ? {} : { usual }),
    ...(beyond === null ? {} : { beyond }),
    ...(sensor.tMs === null ? {} : { age: duration(Math.max(0, nowMs - sensor.tMs)) }),
  };
}

const cut = (text: string) => text.length > TEXT_MOST ? `${text.slice(0, TEXT_MOST - 1)}…` : text;

/** What an analysis depends on, without what changes all the time: the same again is not analysed again. */
export function essenceOf(facts: SiteFacts): unknown {
  const sorted = (lines: readonly string[]) => lines.toSorted();
  return {
    machines: sorted(facts.machines.map(({ path, status }) => `${path} ${status}`)),
    sensors: sorted(
      facts.sensors.filter(({ status }) => status !== "normal")
        .map(({ id, status }) => `${id} ${status}`),
    ),
    alarms: sorted(
      facts.alarms.map(({ id, severity, count, waits }) =>
        `${id} ${severity} ${Math.floor(Math.log2(count))} ${waits}`
      ),
    ),
    faults: sorted(facts.faults.map(({ id, severity }) => `${id} ${severity}`)),
    parts: sorted(facts.parts.map(({ name, health }) => `${name} ${health}`)),
    host: facts.host === null || facts.host.status === "busy" ? null : facts.host.status,
    outlooks: sorted(facts.outlooks.map((one) => `${one.machine} ${one.class}`)),
  };
}
