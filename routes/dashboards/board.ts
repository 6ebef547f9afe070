/** Fills tiles with what they show at the moment. */
import type { Clock } from "../../lib/base/clock.ts";
import type { BoardLine, BoardMachine, BoardRow, BoardTile } from "../../lib/live/board.ts";
import { type ChartRange, ROWS_MOST, type Tile } from "../../lib/dashboards/dashboard.ts";
import { machinesOf } from "../../lib/dashboards/listed_machines.ts";
import { needsAttention } from "../../lib/live/status_words.ts";
import { isPlant } from "../../lib/machines/host_machine.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { settingsIn } from "../../lib/machines/shown_unit.ts";
import { shownIn } from "../../lib/words/conversion.ts";
import { coarse, pastOf as spansOf, type StatusChange } from "../../lib/words/past_spans.ts";
import { PERCH } from "../../lib/live/past.ts";
import { label, lastLevel, sensorTitle, title as titleOf } from "../../lib/words/names.ts";
import { valueText } from "../../lib/words/numbers.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/words/times.ts";
import { hrefWith, machineHref, machineTitle, machineTitleAt, sensorHref } from "../frame/links.ts";
import type { MachinePageParts } from "../machines/request.ts";
import { bucketsOf, rowDataOf } from "../machines/sensor_rows.ts";
import { createKept } from "./kept.ts";

export interface BoardServices extends
  Pick<
    MachinePageParts,
    "clock" | "machines" | "readings" | "recent" | "sensors" | "shown" | "statuses"
  > {
  /** How a machine, a sensor or Perch itself was: its changes in a range, and what held at its beginning. */
  past: (subject: string, range: { fromMs: number; toMs: number }) => Promise<StatusChange[]>;
}

/** How tiles are filled. */
export interface BoardAsked {
  /** For people who signed in; without them no address and no id goes out. */
  links: boolean;
  charts: boolean;
}

export interface Boards {
  tiles(tiles: readonly Tile[], asked: BoardAsked): Promise<BoardTile[]>;
  /** How the machines are that are named, or stand in an area that is. */
  status(
    names: readonly (string | undefined)[],
    how: BoardAsked & { title: string },
  ): Promise<BoardTile>;
  /** How long its charts stay as they are. */
  chartsEveryMs(tiles: readonly Tile[]): number;
}

const RANGES: Readonly<Record<ChartRange, { lengthMs: number; everyMs: number }>> = {
  "1h": { lengthMs: HOUR_MS, everyMs: 15_000 },
  "6h": { lengthMs: 6 * HOUR_MS, everyMs: 30_000 },
  "24h": { lengthMs: DAY_MS, everyMs: 2 * MINUTE_MS },
  "7d": { lengthMs: 7 * DAY_MS, everyMs: 10 * MINUTE_MS },
  "30d": { lengthMs: 30 * DAY_MS, everyMs: 10 * MINUTE_MS },
};
const POINTS = 240;
const MACHINES_MOST = 200;
/** How so many machines were is drawn, at most. */
const STRIPS_MOST = 24;
const STRIP_MS = DAY_MS;
export const STRIP_EVERY_MS = MINUTE_MS;
/** Stretches of a strip. */
const SPANS_MOST = 96;
/** Lines that are kept for whoever asks next: those of four full dashboards, 10 kB each. */
export const LINES_KEPT = 576;
/** Strips of machines that are kept: a screen shows at most 24 for each of 24 tiles. */
const PASTS_KEPT = 600;

export function createBoards(services: BoardServices): Boards {
  const { clock, machines, sensors } = services;
  const lineOf = createLines(services);
  const pastOf = createPasts(services);

  function machineOf(path: string): string {
    return machineTitleAt(machines, path);
  }

  /** All machines of a tile's place: one, those of an area, or the whole plant. */
  function placed(name: string | undefined): Machine[] {
    const all = machines.all();
    if (name === undefined || name === "") return all.filter(isPlant);
    return machinesOf(name, machines);
  }

  function placeTitle(name: string | undefined): string {
    if (name === undefined || name === "") return "Machines";
    const one = machines.find(name);
    return one?.id === name ? machineTitle(one) : titleOf(lastLevel(name));
  }

  function row(sensor: Sensor | undefined, { links }: BoardAsked): BoardRow {
    if (sensor === undefined) return { ...GONE };
    const { title, last, silence_ms, kind, unit, convert, decimals, status } = rowDataOf(
      services,
      sensor,
      sensorTitle(sensor),
    );
    return {
      ...{ title, about: machineOf(sensor.machine), href: links ? sensorHref(sensor.id) : null },
      text: last === null ? null : valueText(kind, shownIn(convert, last.value), decimals),
      ...{ unit, status, at_ms: last?.seen_ms ?? null },
      silent: last !== null && clock.now() - last.seen_ms > silence_ms,
    };
  }

  function value(tile: Extract<Tile, { kind: "value" }>, asked: BoardAsked): BoardTile {
    const sensor = sensors.find(tile.sensor);
    const spark = sensor === undefined ? null : rowDataOf(services, sensor, "").spark;
    const { title, ...rest } = row(sensor, asked);
    return { kind: "value", ...rest, title: tile.title || title, spark };
  }

  async function chart(
    tile: Extract<Tile, { kind: "chart" }>,
    asked: BoardAsked,
  ): Promise<BoardTile> {
    const toMs = clock.now();
    const found = tile.sensors.map((id) => sensors.find(id));
    const [first] = found;
    const one = new Set(found.map((sensor) => sensor?.machine)).size === 1;
    const lines = asked.charts
      ? await Promise.all(
        found.filter((sensor) => sensor !== undefined).map(async (sensor) => {
          const title = one
            ? sensorTitle(sensor)
            : `${machineOf(sensor.machine)} ${sensorTitle(sensor)}`;
          return { title, ...await lineOf(sensor, tile.range) };
        }),
      )
      : null;
    const own = found.map((sensor) => sensor === undefined ? GONE.title : sensorTitle(sensor));
    return {
      kind: "chart",
      title: tile.title || [...new Set(own)].join(", "),
      about: one && first ? machineOf(first.machine) : null,
      href: asked.links ? chartHref(found, tile.range) : null,
      from_ms: toMs - RANGES[tile.range].lengthMs,
      to_ms: toMs,
      lines,
    };
  }

  function table(tile: Extract<Tile, { kind: "table" }>, asked: BoardAsked): BoardTile {
    const named = tile.sensors.map((id) => sensors.find(id));
    const paths = new Set(
      tile.machine === undefined ? [] : placed(tile.machine).map(({ path }) => path),
    );
    const below = paths.size === 0
      ? []
      : sensors.all().filter((one) => paths.has(one.machine) && !named.includes(one));
    const all = [...named, ...below];
    const single = all.every((one) => one?.machine === all[0]?.machine) ? all[0] : undefined;
    const machine = single === undefined ? null : machineOf(single.machine);
    return {
      kind: "table",
      title: tile.title || (tile.machine ? placeTitle(tile.machine) : machine ?? "Sensors"),
      about: tile.title && machine !== null ? machine : null,
      href: asked.links && single !== undefined ? machineHref(single.machine) : null,
      rows: all.slice(0, ROWS_MOST).map((one) => {
        const shown = row(one, asked);
        return machine === null ? shown : { ...shown, about: null };
      }),
      more: Math.max(0, all.length - ROWS_MOST),
    };
  }

  async function status(
    names: readonly (string | undefined)[],
    { title, links, charts }: BoardAsked & { title: string },
  ): Promise<BoardTile> {
    const found = [...new Set(names.flatMap(placed))];
    const past = charts && found.length <= STRIPS_MOST;
    const all = await Promise.all(found.map(async (machine, key): Promise<BoardMachine> => {
      const { status, sinceMs } = services.statuses.condition(machine.path);
      return {
        key,
        title: machineTitle(machine),
        about: links ? areaText(machine.path) : null,
        href: links ? machineHref(machine.path) : null,
        status,
        since_ms: sinceMs,
        past: past ? await pastOf(machine.id) : null,
      };
    }));
    const attention = all.filter((one) => needsAttention(one.status))
      .sort((a, b) => WORST.indexOf(a.status) - WORST.indexOf(b.status) || a.since_ms - b.since_ms)
      .slice(0, MACHINES_MOST);
    const others = all.filter((one) => !needsAttention(one.status))
      .slice(0, MACHINES_MOST - attention.length);
    return {
      kind: "status",
      title,
      about: null,
      href: links ? "/machines" : null,
      attention,
      others,
      more: all.length - attention.length - others.length,
    };
  }

  async function fill(tile: Tile, asked: BoardAsked): Promise<BoardTile> {
    switch (tile.kind) {
      case "value":
        return value(tile, asked);
      case "chart":
        return await chart(tile, asked);
      case "table":
        return table(tile, asked);
      case "status":
        return await status([tile.machine], {
          title: tile.title || placeTitle(tile.machine),
          ...asked,
        });
      case "text":
        return { kind: "text", title: tile.title ?? "", about: null, href: null };
    }
  }

  return {
    status,
    tiles: (tiles, asked) => Promise.all(tiles.map((tile) => fill(tile, asked))),
    chartsEveryMs: (tiles) =>
      Math.min(
        10 * MINUTE_MS,
        ...tiles.map((one) =>
          one.kind === "chart"
            ? RANGES[one.range].everyMs
            : one.kind === "status"
            ? STRIP_EVERY_MS
            : Infinity
        ),
      ),
  };
}

const WORST = ["critical", "warning", "offline"];
const GONE: BoardRow = {
  ...{ title: "Deleted sensor", about: null, href: null, text: null, unit: null, status: null },
  ...{ at_ms: null, silent: false },
};

/** Where a chart can be zoomed: of one sensor its page, of several their comparison; null: they are gone. */
function chartHref(sensors: readonly (Sensor | undefined)[], range: ChartRange): string | null {
  const [first, ...more] = sensors.filter((sensor) => sensor !== undefined);
  if (first === undefined) return null;
  if (more.length === 0) return `${sensorHref(first.id)}?range=${range}`;
  const ids = [first, ...more].map(({ id }) => id).join(",");
  return hrefWith("/compare", { sensors: ids, layout: "stacked", range });
}

const areaText = (path: string) => path.split("/").slice(0, -1).map(label).join(" · ") || null;

/** Lines of charts, read once for all screens that show them. */
function createLines(
  { clock, readings, recent, shown }: Pick<BoardServices, "readings" | "recent" | "shown"> & {
    clock: Pick<Clock, "now">;
  },
): (sensor: Sensor, range: ChartRange) => Promise<Omit<BoardLine, "title">> {
  const kept = createKept<Omit<BoardLine, "title">>(
    clock,
    LINES_KEPT,
    ({ missing }) => !missing,
  );

  async function read(sensor: Sensor, lengthMs: number): Promise<Omit<BoardLine, "title">> {
    const toMs = clock.now();
    const { unit, convert, decimals } = shown(sensor);
    const found = await readings.buckets({
      sensor: sensor.num,
      fromMs: toMs - lengthMs,
      toMs: toMs + 1,
      points: POINTS,
    });
    const { bucketMs, t, min, mean, max, missing } = bucketsOf(found, decimals, convert);
    const { warning_low, warning_high, critical_low, critical_high } = settingsIn(
      convert,
      sensor.settings,
    );
    return {
      ...{ unit, kind: sensor.kind, t, min, mean, max, bucket_ms: bucketMs },
      missing: missing !== undefined,
      states: sensor.kind === "binary" ? ["off", "on"] : sensor.states,
      interval_ms: recent.intervalMs(sensor.num),
      limits: { warning_low, warning_high, critical_low, critical_high },
    };
  }

  return (sensor, range) => {
    const { lengthMs, everyMs } = RANGES[range];
    return kept(`${sensor.num} ${range}`, everyMs / 2, () => read(sensor, lengthMs));
  };
}

/** How machines were, read once for all screens that show it. */
function createPasts(
  { clock, past }: Pick<BoardServices, "clock" | "past">,
): (id: string) => Promise<BoardMachine["past"]> {
  const kept = createKept<BoardMachine["past"]>(clock, PASTS_KEPT);

  async function read(id: string): Promise<BoardMachine["past"]> {
    const toMs = clock.now();
    const range = { fromMs: toMs - STRIP_MS, toMs };
    const [own, perch] = await Promise.all([past(id, range), past(PERCH, range)]);
    return coarse(spansOf(own, perch, range), SPANS_MOST).map(({ fromMs, toMs, state }) => ({
      from_ms: fromMs,
      to_ms: toMs,
      state,
    }));
  }

  return (id) => kept(id, STRIP_EVERY_MS / 2, () => read(id));
}
