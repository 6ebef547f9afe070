import { z } from "zod";
import type { AttentionCard } from "../../islands/attention.tsx";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import type { Outlook } from "../../lib/detect/predict/shapes.ts";
import type { Recent } from "../../lib/live/recent.ts";
import type { MachineStatus, SensorStatus } from "../../lib/live/status_words.ts";
import type { Statuses } from "../../lib/live/statuses.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import type { MachineDirectory, Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import { number } from "../../lib/words/numbers.ts";
import { severityRank } from "../../lib/words/severity.ts";
import { lifeSentence } from "../machines/life_words.ts";
import { rowOf } from "../machines/sensor_rows.ts";
import { needsAttention } from "../machines/request.ts";
import { type Route, route } from "../http/route.ts";
import { machineHref, machineTitle } from "../frame/links.ts";

export interface AttentionServices {
  machines: MachineDirectory;
  sensors: SensorDirectory;
  statuses: Statuses;
  recent: Recent;
  predictions: Pick<Predictions, "current">;
  alarms: Pick<Alarms, "open">;
  clock: Clock;
  zone: string;
}

const CARDS_MOST = 12;
const ROWS_MOST = 3;
/** An outlook older than this is not what is said now. */
const STALE_MS = 15 * 60_000;
const WORST_FIRST: readonly MachineStatus[] = ["critical", "warning", "offline"];
const ROWS_FIRST: readonly SensorStatus[] = ["critical", "warning", "offline"];

/** Machines that need attention, the worst first, and how many have no card. */
export function attentionOf(services: AttentionServices): { cards: AttentionCard[]; more: number } {
  const { machines, statuses } = services;
  const off = machines.all()
    .map((machine) => ({ machine, ...statuses.machine(machine.path) }))
    .filter(({ status }) => needsAttention(status))
    .sort((a, b) =>
      WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status) || a.sinceMs - b.sinceMs
    );
  const shown = off.slice(0, CARDS_MOST);
  const bySensor = Map.groupBy(services.sensors.all(), (sensor) => sensor.machine);
  const alarms = Map.groupBy(services.alarms.open(), (alarm) => alarm.machine);
  const outlooks = new Map(services.predictions.current().map((one) => [one.machine, one]));
  const cards = shown.map(({ machine, status, sinceMs }) =>
    cardOf(services, machine, {
      status,
      sinceMs,
      sensors: bySensor.get(machine.path) ?? [],
      outlook: outlooks.get(machine.path) ?? null,
      alarms: alarms.get(machine.path) ?? [],
    })
  );
  return { cards, more: off.length - shown.length };
}

function cardOf(
  services: AttentionServices,
  machine: Machine,
  { status, sinceMs, sensors, outlook, alarms }: {
    status: MachineStatus;
    sinceMs: number;
    sensors: readonly Sensor[];
    outlook: (Outlook & { id: number | null }) | null;
    alarms: readonly Alarm[];
  },
): AttentionCard {
  const { statuses, clock } = services;
  const off = sensors.map((sensor) => ({ sensor, status: statuses.sensor(sensor) }))
    .filter(({ status }) => status !== "normal")
    .sort((a, b) => ROWS_FIRST.indexOf(a.status) - ROWS_FIRST.indexOf(b.status));
  const said = outlook !== null && clock.now() - outlook.tMs < STALE_MS ? outlook : null;
  return {
    machine: machine.path,
    title: machineTitle(machine),
    href: machineHref(machine.path),
    status,
    sinceMs,
    rows: off.slice(0, ROWS_MOST).map(({ sensor }) => ({
      ...rowOf(services, sensor, sensor.settings.display_name ?? sensor.sensor),
      usual: usualOf(sensor, said),
    })),
    more: Math.max(0, off.length - ROWS_MOST),
    words: said === null || said.class === "normal" ? null : said.summary,
    life: said === null ? null : lifeSentence(said.life, services.sensors),
    why: said === null || said.id === null ? null : `/predictions/${said.id}`,
    alarm: worstOf(alarms, clock.now()),
  };
}

/** What waits for somebody comes first, then the worst, then the newest. */
function worstOf(alarms: readonly Alarm[], nowMs: number): AttentionCard["alarm"] {
  const waits = ({ state, shelved_until_ms }: Alarm) =>
    state === "active" && (shelved_until_ms === null || shelved_until_ms <= nowMs);
  const [worst] = alarms.toSorted((a, b) =>
    Number(waits(b)) - Number(waits(a)) || severityRank(b.severity) - severityRank(a.severity) ||
    Number(b.id) - Number(a.id)
  );
  return worst === undefined ? null : { id: worst.id, title: worst.title, waits: waits(worst) };
}

/** A sensor's normal range as the machine's model or the rules know it; null when they do not. */
function usualOf(sensor: Sensor, outlook: Outlook | null): string | null {
  const share = outlook?.sensors.find(({ name }) => name === sensor.name);
  if (share === undefined || !Number.isFinite(share.low) || !Number.isFinite(share.high)) {
    return null;
  }
  const { decimals } = sensor.settings;
  return `usually ${number(share.low, decimals)} to ${number(share.high, decimals)}`;
}

const Row = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  unit: z.string().nullable(),
  kind: z.enum(["number", "binary", "text"]),
  decimals: z.number().nullable(),
  status: z.enum(["normal", "warning", "critical", "offline"]),
  last: z.object({
    ts: z.number(),
    value: z.union([z.number(), z.string()]),
    seenMs: z.number(),
  }).nullable(),
  silenceMs: z.number(),
  spark: z.object({
    lo: z.number(),
    hi: z.number(),
    points: z.array(z.number()).describe("0 to 99 between lo and hi, oldest first; -1: nothing"),
    stepMs: z.number(),
    newest: z.number(),
  }).nullable(),
  usual: z.string().nullable().optional(),
  nowMs: z.number(),
  zone: z.string(),
});

/** `/api/attention`: what the overview shows first. */
export function attentionRoutes(services: AttentionServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/attention",
      policy: "viewer",
      summary: "Machines that need attention, the worst first, each with what is wrong",
      tags: ["Machines"],
      responses: {
        200: {
          description: `At most ${CARDS_MOST} machines, and how many more there are`,
          schema: z.object({
            cards: z.array(z.object({
              machine: z.string().describe("path"),
              title: z.string(),
              href: z.string(),
              status: z.enum(["warning", "critical", "offline"]),
              sinceMs: z.number(),
              rows: z.array(Row).describe(`at most ${ROWS_MOST} of its sensors, the worst first`),
              more: z.number(),
              words: z.string().nullable().describe("what is predicted"),
              life: z.string().nullable().describe("when a limit will probably be reached"),
              why: z.string().nullable(),
              alarm: z.object({
                id: z.string(),
                title: z.string(),
                waits: z.boolean().describe("nobody has acknowledged or shelved it"),
              }).nullable().describe("its worst open alarm"),
            })),
            more: z.number(),
          }),
        },
      },
      handler: () => Response.json(attentionOf(services)),
    }),
  ];
}
