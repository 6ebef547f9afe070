/** A plant with a past to report of: readings, statuses, alarms, predictions, tickets' times and a maintenance window. */
import { join } from "node:path";
import { createAlarmStore, NOTHING_YET } from "../../../lib/alarms/alarm_store.ts";
import type { AlarmRecord } from "../../../lib/alarms/record.ts";
import { nameId } from "../../../lib/base/ids.ts";
import type { SqlStatement } from "../../../lib/db/client.ts";
import { openConnection } from "../../../lib/db/connection.ts";
import { migrate, readMigrations } from "../../../lib/db/migrate.ts";
import { createPredictStore } from "../../../lib/detect/predict/predict_store.ts";
import { type PastStatus, PERCH } from "../../../lib/live/past.ts";
import { changeStatement } from "../../../lib/live/past_store.ts";
import { newMachine } from "../../../lib/machines/machine.ts";
import { levelsOf } from "../../../lib/machines/sensor.ts";
import { DEFAULT_SETTINGS, type SensorSettings } from "../../../lib/machines/sensor_settings.ts";
import { insertSensor, insertWindow, putMachineStatement } from "../../../lib/machines/store.ts";
import { sign } from "../../../lib/readings/checksum.ts";
import { encodeRow, rowChecksum } from "../../../lib/readings/chunk_row.ts";
import { signMinutes } from "../../../lib/readings/minutes.ts";
import { replaceSeries } from "../../../lib/readings/series_row.ts";
import { MIGRATIONS } from "../../support/backup.ts";
import { createPlant } from "../../support/plant.ts";

const CHUNK_READINGS = 12_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface PastPlant {
  machines: number;
  days: number;
  /** Between two readings of a sensor. */
  everyMs: number;
  /** Its last day ends here. */
  endMs: number;
}

const KINDS: readonly {
  name: string;
  unit: string | null;
  kind: "number" | "binary";
  settings: Partial<SensorSettings>;
  valueAt: (i: number, tMs: number, noise: number) => number;
}[] = [
  {
    name: "temperature",
    unit: "°C",
    kind: "number",
    settings: { warning_high: 75, critical_high: 90, decimals: 1 },
    valueAt: (_, tMs, noise) => 55 + 12 * Math.sin(tMs / DAY_MS * 2 * Math.PI) + noise * 4,
  },
  {
    name: "vibration",
    unit: "mm/s",
    kind: "number",
    settings: { warning_high: 7.1, critical_high: 11 },
    valueAt: (i, _, noise) => 3 + Math.abs(noise) + (i % 40_000 > 39_000 ? 5 : 0),
  },
  {
    name: "pressure",
    unit: "bar",
    kind: "number",
    settings: { warning_low: 5, decimals: 2 },
    valueAt: (_, tMs, noise) => 6.2 + 0.3 * Math.sin(tMs / HOUR_MS) + noise * 0.1,
  },
  {
    name: "energy",
    unit: "kWh",
    kind: "number",
    settings: { decimals: 1 },
    valueAt: (i) => i % 200_000 * 0.02,
  },
  {
    name: "running",
    unit: null,
    kind: "binary",
    settings: {},
    valueAt: (_, tMs) => tMs % DAY_MS > 6 * HOUR_MS && tMs % DAY_MS < 22 * HOUR_MS ? 1 : 0,
  },
];

/** Fills a data directory; gives how many readings it has. */
export async function fillPast(dataDir: string, plant: PastPlant): Promise<number> {
  const connection = await openConnection({
    url: `file:${join(dataDir, "perch.db")}`,
    synchronous: "off",
  });
  try {
    await migrate(connection, readMigrations(MIGRATIONS), Date.now());
    const startMs = plant.endMs - plant.days * DAY_MS;
    const sealed = KINDS.map((kind) => chunksOf(kind, plant, startMs));
    const paths = Array.from(
      { length: plant.machines },
      (_, i) => `hall-${1 + i % 4}/press-${1 + i}`,
    );
    let num = 0, readings = 0;
    for (const path of paths) {
      const machine = { ...newMachine(path, startMs), name: `Press ${path.split("-").at(-1)}` };
      await connection.write([putMachineStatement({ ...machine, review: "confirmed" })]);
      for (const [k, kind] of KINDS.entries()) {
        const { statements, n } = sensorOf(++num, `${path}/${kind.name}`, kind, sealed[k], startMs);
        await connection.write(statements);
        readings += n;
      }
    }
    await connection.write(pastOf(paths, plant, startMs));
    const { put } = createAlarmStore(connection);
    await connection.write(
      alarmsOf(paths, plant, startMs).map((alarm) => put(alarm, `${alarm.machine}/temperature`)),
    );
    await addOutlooks(createPredictStore(connection), paths, plant, startMs);
    return readings;
  } finally {
    await connection.close();
  }
}

function chunksOf(
  { valueAt }: typeof KINDS[number],
  { days, everyMs }: PastPlant,
  startMs: number,
) {
  const total = days * DAY_MS / everyMs;
  const noise = createPlant({ sensors: 1, sigma: 100 });
  const chunks = [];
  for (let from = 0; from < total; from += CHUNK_READINGS) {
    const n = Math.min(CHUNK_READINGS, total - from);
    const tMs = Float64Array.from({ length: n }, (_, i) => startMs + (from + i) * everyMs);
    const random = noise.next(n).value;
    const value = Float64Array.from(
      random,
      (x, i) => Math.round(100 * valueAt(from + i, tMs[i], x - 20.1)) / 100,
    );
    const slice = { n, tMs, value, flags: new Uint8Array(n), seq: null };
    chunks.push({ slice, row: encodeRow(1, 0, slice) });
  }
  return chunks;
}

function sensorOf(
  num: number,
  name: string,
  { unit, kind, settings }: typeof KINDS[number],
  sealed: ReturnType<typeof chunksOf>,
  createdMs: number,
): { statements: SqlStatement[]; n: number } {
  const statements = [insertSensor({
    ...{ num, id: nameId(name), ...levelsOf(name), unit, kind, states: [], review: "confirmed" },
    ...{ createdMs, settings: { ...DEFAULT_SETTINGS, ...settings }, deletedMs: null, last: null },
    ...{ deviceUnit: null, otherUnits: [] },
  })];
  let bytes = 0, n = 0;
  for (const { row } of sealed) {
    const checksum = rowChecksum({ ...row, sensor: num });
    sign(row.data, checksum);
    signMinutes(row.minutes, num, checksum);
    bytes += row.bytes;
    n += row.n;
    statements.push({
      sql: "INSERT INTO chunks " +
        "(sensor, first_ms, last_ms, rank, late, n, bytes, min, max, sum, minutes, data) " +
        "VALUES (?,?,?,0,0,?,?,?,?,?,?,?)",
      args: [
        ...[num, row.firstMs, row.lastMs, row.n, row.bytes, row.min, row.max, row.sum],
        ...[row.minutes.slice(), row.data.slice()],
      ],
    });
  }
  const { slice, row } = sealed.at(-1)!;
  const series = {
    ...{ sensor: num, sealedGroup: 0, newestMs: row.lastMs, newestValue: slice.value.at(-1)! },
    ...{ maxSeq: -Infinity, oldestMs: sealed[0].row.firstMs, chunks: sealed.length },
    ...{ readings: n, bytes },
  };
  return { statements: [...statements, replaceSeries(series, "file")], n };
}

/** Two of three machines fail now and then; one night Perch did not run; on Sundays the presses are cleaned. */
function pastOf(paths: readonly string[], { days }: PastPlant, startMs: number): SqlStatement[] {
  const rows: [subject: string, hours: number, status: PastStatus][] = [
    [PERCH, -24, "normal"],
    [PERCH, 100, "unknown"],
    [PERCH, 106, "normal"],
  ];
  paths.forEach((path, m) => {
    const machine = newMachine(path, 0).id, sensor = nameId(`${path}/temperature`);
    for (const { name } of KINDS) rows.push([nameId(`${path}/${name}`), -24, "normal"]);
    rows.push([machine, -24, "normal"]);
    for (let h = 30 + m * 7; h < days * 24 - 10 && m % 3 > 0; h += 90 + m * 11) {
      for (const subject of [machine, sensor]) {
        rows.push([subject, h, "warning"], [subject, h + 0.5, "critical"]);
        rows.push([subject, h + 1.5 + m / 10, "normal"]);
      }
    }
    if (m === 4) {
      rows.push([machine, days * 24 - 5, "critical"], [sensor, days * 24 - 5, "critical"]);
    }
    if (m === 6) rows.push([machine, 200, "offline"], [machine, 260, "normal"]);
  });
  return [
    ...rows.map(([subject, hours, status]) =>
      changeStatement({ subject, tMs: Math.round(startMs + hours * HOUR_MS), status })
    ),
    insertWindow({
      id: "w1",
      path: "hall-1",
      title: "Cleaning",
      timing: { kind: "weekly", days: ["sun"], start: "06:00", end: "10:00" },
      createdMs: startMs - DAY_MS,
      deletedMs: null,
    }),
  ];
}

function alarmsOf(paths: readonly string[], { days }: PastPlant, startMs: number): AlarmRecord[] {
  const alarms: AlarmRecord[] = [];
  for (let d = 0; d < days; d++) {
    paths.forEach((machine, m) => {
      for (let n = 0; n < (d * 7 + m) % 3; n++) {
        const raisedMs = startMs + d * DAY_MS + m * 600_000 + n * 4 * HOUR_MS;
        const severity = (["warning", "critical", "info"] as const)[(d + m + n) % 3];
        const isAcknowledged = severity !== "info" && (d + n) % 2 === 0;
        alarms.push({
          ...NOTHING_YET,
          ...{
            id: alarms.length + 1,
            cause: `sensor:${machine}:${n}`,
            source: "threshold",
            severity,
          },
          ...{ state: "resolved", title: "temperature 91.5 °C is above critical 90 °C", machine },
          ...{ sensor: m * KINDS.length + 1, value: 91.5, limit: 90, count: 1 + n, present: false },
          ...{ flapping: n > 1, maintenance: d % 7 === 3, raisedMs, lastMs: raisedMs + 60_000 },
          clearedMs: raisedMs + 300_000 + m * 60_000,
          resolvedMs: raisedMs + 400_000 + m * 60_000,
          acknowledgedMs: isAcknowledged ? raisedMs + 90_000 + m * 1_000 : null,
          acknowledgedBy: isAcknowledged ? "Maria" : null,
          note: m % 5 === 0 ? "Fan cleaned; filter ordered" : null,
          ...{ escalated: 0, version: 1, conditions: [], drivers: [] },
          timing: { cameMs: [], movedMs: raisedMs, escalateMs: raisedMs },
        } as AlarmRecord);
      }
    });
  }
  return alarms;
}

async function addOutlooks(
  store: ReturnType<typeof createPredictStore>,
  paths: readonly string[],
  { days }: PastPlant,
  startMs: number,
): Promise<void> {
  for (let h = 0; h < days * 24; h += 4) {
    for (const [m, machine] of paths.entries()) {
      const odd = (h + m * 13) % 150;
      const known = odd < 8;
      await store.addOutlook({
        ...{ machine, tMs: startMs + h * HOUR_MS, score: odd < 4 ? 0.8 : odd < 8 ? 0.6 : 0.2 },
        class: odd < 4 ? "critical" : odd < 8 ? "warning" : "normal",
        ...{ confidence: 0.83, action: "Look at the bearing", source: "model", modelVersion: 2 },
        summary: known ? "vibration is higher than usual" : "as usual",
        life: known
          ? {
            ...{ known: true, text: "3 days", sensor: `${machine}/vibration`, limit: 11 },
            ...{ remainingMs: 3 * DAY_MS, lowMs: DAY_MS, highMs: null, confidence: 0.7 },
          }
          : { known: false, text: "unknown: no trend" },
        ...{ sensors: [], features: [] },
      });
    }
  }
}
