import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import type { Outlook } from "../../lib/detect/predict/shapes.ts";
import type { Recent } from "../../lib/live/recent.ts";
import { type AttentionCard, attentionShape } from "../../lib/live/shapes.ts";
import {
  type MachineStatus,
  needsAttention,
  type SensorStatus,
} from "../../lib/live/status_words.ts";
import type { MachineCondition, Statuses } from "../../lib/live/statuses.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import type { MachineDirectory, Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import { shownIn } from "../../lib/words/conversion.ts";
import { number } from "../../lib/words/numbers.ts";
import { severityRank } from "../../lib/words/severity.ts";
import type { MachinePageParts } from "../machines/request.ts";
import { lifeSentence } from "../../lib/detect/predict/life_words.ts";
import { rowDataOf } from "../machines/sensor_rows.ts";
import { type Route, route } from "../http/route.ts";
import { machineHref, machineTitle } from "../frame/links.ts";
import { sensorTitle } from "../../lib/words/names.ts";

export interface AttentionServices extends Pick<MachinePageParts, "shown"> {
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
/** An outlook older than this is out of date. */
const STALE_MS = 15 * 60_000;
const WORST_FIRST: readonly MachineStatus[] = ["critical", "warning", "offline"];
const ROWS_FIRST: readonly SensorStatus[] = ["critical", "warning", "offline"];

/** Machines that need attention, the worst first, and how many have no card. */
export function attentionOf(services: AttentionServices): { cards: AttentionCard[]; more: number } {
  const { machines, statuses } = services;
  const off = machines.all()
    .map((machine) => ({ machine, ...statuses.condition(machine.path) }))
    .filter(({ status }) => needsAttention(status))
    .sort((a, b) =>
      WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status) || a.sinceMs - b.sinceMs
    );
  const shown = off.slice(0, CARDS_MOST);
  const bySensor = Map.groupBy(services.sensors.all(), (sensor) => sensor.machine);
  const alarms = Map.groupBy(services.alarms.open(), (alarm) => alarm.machine);
  const outlooks = new Map(services.predictions.current().map((one) => [one.machine, one]));
  const cards = shown.map(({ machine, ...condition }) =>
    cardOf(services, machine, {
      condition,
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
  { condition, sensors, outlook, alarms }: {
    condition: MachineCondition;
    sensors: readonly Sensor[];
    outlook: (Outlook & { id: number | null }) | null;
    alarms: readonly Alarm[];
  },
): AttentionCard {
  const { statuses, clock } = services;
  const off = sensors.map((sensor) => ({ sensor, status: statuses.sensor(sensor) }))
    .filter(({ status }) => status !== "normal")
    .sort((a, b) => ROWS_FIRST.indexOf(a.status) - ROWS_FIRST.indexOf(b.status));
  const current = outlook !== null && clock.now() - outlook.tMs < STALE_MS ? outlook : null;
  return {
    machine: machine.path,
    title: machineTitle(machine),
    href: machineHref(machine.path),
    status: condition.status,
    text: condition.text,
    since_ms: condition.sinceMs,
    rows: off.slice(0, ROWS_MOST).map(({ sensor }) => ({
      ...rowDataOf(services, sensor, sensorTitle(sensor)),
      usual: usualOf(services, sensor, current),
    })),
    more: Math.max(0, off.length - ROWS_MOST),
    words: current === null || current.class === "normal" ? null : current.summary,
    life: current === null ? null : lifeSentence(current.life, services.sensors, clock.now()),
    why: current === null || current.id === null ? null : `/predictions/${current.id}`,
    alarm: worstOf(alarms, clock.now()),
  };
}

/** What nobody has acknowledged or shelved comes first, then the worst, then the newest. */
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
function usualOf(
  { shown }: Pick<AttentionServices, "shown">,
  sensor: Sensor,
  outlook: Outlook | null,
): string | null {
  const share = outlook?.sensors.find(({ name }) => name === sensor.name);
  if (share === undefined || !Number.isFinite(share.low) || !Number.isFinite(share.high)) {
    return null;
  }
  const { convert, decimals } = shown(sensor);
  const text = (value: number) => number(shownIn(convert, value), decimals);
  return `usually ${text(share.low)} to ${text(share.high)}`;
}

/** With the names that its times had before, for one version of the API. */
function withOldNames(
  { cards, more }: ReturnType<typeof attentionOf>,
  zone: string,
  nowMs: number,
) {
  return {
    cards: cards.map((card) => ({
      ...card,
      sinceMs: card.since_ms,
      rows: card.rows.map((row) => ({
        ...row,
        last: row.last && { ...row.last, seenMs: row.last.seen_ms },
        silenceMs: row.silence_ms,
        spark: row.spark && { ...row.spark, stepMs: row.spark.step_ms },
        nowMs,
        zone,
      })),
    })),
    more,
  };
}

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
          schema: attentionShape,
        },
      },
      handler: () => {
        const { zone, clock } = services;
        return Response.json(withOldNames(attentionOf(services), zone, clock.now()));
      },
    }),
  ];
}
