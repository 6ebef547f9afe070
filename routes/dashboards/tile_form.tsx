/** The form of one tile, and how what was typed becomes a tile. */
import type { VNode } from "preact";
import { PerchError } from "../../lib/base/errors.ts";
import {
  CHART_RANGES,
  LINES_MOST,
  type Tile,
  type TileKind,
  tileSchema,
  type TileSize,
} from "../../lib/dashboards/dashboard.ts";
import { isUnder } from "../../lib/machines/machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { folded, matching } from "../../lib/words/matching.ts";
import { RANGES } from "../frame/range.ts";
import { Field, FormError, Hidden, SeenField, Select, TextArea } from "../frame/form.tsx";
import { machineTitle } from "../frame/links.ts";
import { strict } from "../http/validate.ts";
import { nameOf } from "./board.ts";
import type { BoardParts } from "./request.ts";

type Values = Readonly<Record<string, string>>;

export const KIND_NAMES: Readonly<Record<TileKind, string>> = {
  value: "Value",
  chart: "Chart",
  table: "Table",
  status: "Machines",
  text: "Text",
};
const KIND_HELP: Readonly<Record<TileKind, string>> = {
  value: "One sensor, large, with its last quarter of an hour.",
  chart: "Up to six sensors over time; those with the same unit share a scale.",
  table: "Several sensors, or all of a machine or an area, with value and status.",
  status: "How machines are, those that need attention first.",
  text: "A note in Markdown: what this is, whom to call.",
};
const SIZE_NAMES: Readonly<Record<TileSize, string>> = {
  small: "Small",
  wide: "Wide",
  full: "Whole width",
};
export const SENSORS_LIST = "board-sensors";
export const PLACES_LIST = "board-places";

const lineName = (i: number) => i === 0 ? "sensor" : `sensor${i + 1}`;
const LINES = Array.from({ length: LINES_MOST }, (_, i) => lineName(i));

/** Fields of one kind, with what was typed or is stored. */
export function TileForm(
  { parts, action, at, kind, tile, values: typed, errors }: {
    parts: BoardParts;
    action: string;
    /** Its place; null: it is a new one. */
    at: number | null;
    kind: TileKind;
    tile: Tile | null;
    values: Values;
    errors: Values;
  },
): VNode {
  const isSent = Object.keys(typed).length > 0;
  const values: Values = isSent ? typed : tile === null ? {} : formOfTile(parts, tile);
  // Every form of the page has the same fields.
  const id = (name: string) => `${at ?? "new"}-${name}`;
  const field = (name: string, label: string, list?: string, help?: string) => (
    <Field
      {...{ name, label, list, help, id: id(name) }}
      required={name === "sensor" && kind === "value"}
      value={values[name]}
      error={errors[name]}
      autocomplete="off"
    />
  );
  return (
    <form method="post" action={action} class="tile-form">
      <SeenField />
      <Hidden values={{ kind, ...(at === null ? {} : { at: String(at) }) }} />
      <p class="help">{KIND_HELP[kind]}</p>
      <FormError>{errors.form}</FormError>
      {kind === "value" && field("sensor", "Sensor", SENSORS_LIST)}
      {kind === "chart" && (
        <>
          <div class="fields">
            {LINES.map((name, i) => field(name, `Sensor ${i + 1}`, SENSORS_LIST))}
          </div>
          <Select
            name="range"
            id={id("range")}
            label="How far back"
            value={values.range ?? "6h"}
            options={RANGES.filter(({ key }) => CHART_RANGES.includes(key)).map((one) =>
              [one.key, one.name] as const
            )}
            error={errors.range}
          />
        </>
      )}
      {(kind === "table" || kind === "status") &&
        field(
          "machine",
          "Machine or area",
          PLACES_LIST,
          kind === "status" ? "Left empty: the whole plant." : "All of its sensors.",
        )}
      {kind === "table" && (
        <TextArea
          name="sensors"
          id={id("sensors")}
          label="Or these sensors"
          help="One on each line."
          value={values.sensors}
          error={errors.sensors}
        />
      )}
      {kind === "text" && (
        <TextArea
          name="text"
          id={id("text")}
          label="Text"
          rows={6}
          required
          value={values.text}
          error={errors.text}
        />
      )}
      <div class="fields">
        {field("title", "Title", undefined, "Left empty: what it shows.")}
        <Select
          name="size"
          id={id("size")}
          label="Size"
          value={values.size ?? (kind === "value" ? "small" : "wide")}
          options={Object.entries(SIZE_NAMES)}
          error={errors.size}
        />
      </div>
      <button type="submit" class="primary">{at === null ? "Add" : "Save"}</button>
    </form>
  );
}

/** What inputs suggest: sensors by what people call them, machines and areas. Once on a page. */
export function Suggestions(
  { parts: { sensors, machines } }: { parts: Pick<BoardParts, "sensors" | "machines"> },
): VNode {
  const areas = new Set(
    machines.all().flatMap(({ path }) => {
      const levels = path.split("/").slice(0, -1);
      return levels.map((_, i) => levels.slice(0, i + 1).join("/"));
    }),
  );
  return (
    <>
      <datalist id={SENSORS_LIST}>
        {sensors.all().map((sensor) => (
          <option key={sensor.id} value={sensor.name}>{calledIn(machines, sensor)}</option>
        ))}
      </datalist>
      <datalist id={PLACES_LIST}>
        {[...areas].map((area) => <option key={area} value={area}>area</option>)}
        {machines.all().map((machine) => (
          <option key={machine.id} value={machine.path}>{machineTitle(machine)}</option>
        ))}
      </datalist>
    </>
  );
}

/** `Press 3 Temperature`: as people read it on the pages. */
export function calledIn(machines: BoardParts["machines"], sensor: Sensor): string {
  const machine = machines.find(sensor.machine) ?? { name: null, path: sensor.machine };
  return `${machineTitle(machine)} ${nameOf(sensor)}`;
}

/** What the form's texts stand for. @throws PerchError `validation` naming the field */
export function tileOfForm(parts: BoardParts, values: Values): Tile {
  const { kind, title, size } = values;
  const named = (name: string) => values[name]?.trim() ?? "";
  const sensor = (name: string, text: string) => sensorOf(parts, name, text);
  const given = (): Record<string, unknown> => {
    switch (kind) {
      case "value":
        return { sensor: sensor("sensor", named("sensor")) };
      case "chart": {
        const lines = LINES.filter((name) => named(name) !== "");
        if (lines.length === 0) throw invalid("sensor", "name at least one sensor");
        return { sensors: lines.map((name) => sensor(name, named(name))), range: values.range };
      }
      case "table": {
        const lines = named("sensors").split("\n").map((line) => line.trim()).filter(Boolean);
        const machine = placeOf(parts, named("machine"));
        if (lines.length === 0 && machine === null) {
          throw invalid("machine", "name a machine or an area, or sensors below");
        }
        const sensors = lines.map((line) => sensor("sensors", line));
        return { sensors, ...(machine === null ? {} : { machine }) };
      }
      case "status": {
        const machine = placeOf(parts, named("machine"));
        return machine === null ? {} : { machine };
      }
      default:
        return { text: values.text };
    }
  };
  const parsed = strict(tileSchema).safeParse({
    kind,
    size,
    ...(title?.trim() ? { title } : {}),
    ...given(),
  });
  if (parsed.success) return parsed.data as Tile;
  const [{ path, message }] = parsed.error.issues;
  throw invalid(String(path[0] ?? "form"), message);
}

/** A tile's fields with names instead of ids. */
function formOfTile({ sensors, machines }: BoardParts, tile: Tile): Values {
  const name = (id: string) => sensors.find(id)?.name ?? id;
  const place = (id: string | undefined) => id === undefined ? "" : machines.find(id)?.path ?? id;
  const { title = "", size } = tile;
  switch (tile.kind) {
    case "value":
      return { title, size, sensor: name(tile.sensor) };
    case "chart": {
      const lines = tile.sensors.map((id, i) => [lineName(i), name(id)]);
      return { title, size, range: tile.range, ...Object.fromEntries(lines) };
    }
    case "table": {
      const lines = tile.sensors.map(name).join("\n");
      return { title, size, machine: place(tile.machine), sensors: lines };
    }
    case "status":
      return { title, size, machine: place(tile.machine) };
    case "text":
      return { title, size, text: tile.text };
  }
}

/** Id of the sensor that a text names: its name, or what people call it. */
function sensorOf({ sensors, machines }: BoardParts, field: string, text: string): string {
  const found = sensors.find(text);
  if (found) return found.id;
  const fits = matching(sensors.all(), text, (one) => [calledIn(machines, one), one.name]);
  const same = fits.filter((one) => folded(calledIn(machines, one)) === folded(text));
  const [only, ...more] = same.length > 0 ? same : fits;
  if (text !== "" && only !== undefined && more.length === 0) return only.id;
  const why = only === undefined
    ? `There is no sensor “${text}”.`
    : `“${text}” fits ${fits.length} sensors: ${namesOf(fits)}.`;
  throw invalid(field, text === "" ? "Choose a sensor." : why);
}

/** Id of a machine, or the path of an area; null: nothing was typed. */
export function placeOf(
  { machines }: Pick<BoardParts, "machines">,
  text: string,
  field = "machine",
): string | null {
  if (text === "") return null;
  const all = machines.all();
  const machine = machines.find(text);
  if (machine && machine.deletedMs === null) return machine.id;
  if (all.some(({ path }) => isUnder(path, text))) return text;
  const [only, ...more] = matching(all, text, (one) => [machineTitle(one), one.path]);
  if (only !== undefined && more.length === 0) return only.id;
  throw invalid(field, `No machine and no area matches “${text}”.`);
}

function namesOf(sensors: readonly Sensor[]): string {
  const names = sensors.slice(0, 5).map(({ name }) => name).join(", ");
  return sensors.length > 5 ? `${names} and others` : names;
}

function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", message, { errors: [{ path, message }] });
}
