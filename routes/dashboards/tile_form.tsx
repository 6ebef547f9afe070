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
import { isUnder, type Machine } from "../../lib/machines/machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { matchingInTurns } from "../../lib/search/in_turns.ts";
import { folded } from "../../lib/words/matching.ts";
import { RANGES } from "../frame/range.ts";
import { Field, FormError, Hidden, SeenField, Select, TextArea } from "../frame/form.tsx";
import { machineTitle } from "../frame/links.ts";
import { type Picked, Picker } from "../frame/picker.tsx";
import { strict } from "../http/validate.ts";
import type { BoardParts } from "./request.ts";
import { sensorTitle } from "../../lib/words/names.ts";

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
  const field = (name: string, label: string, help?: string) => ({
    ...{ name, label, help, id: id(name) },
    required: name === "sensor" && kind === "value",
    value: values[name],
    error: errors[name],
  });
  const sensor: readonly Picked[] = ["sensor"];
  return (
    <form method="post" action={action} class="tile-form">
      <SeenField />
      <Hidden values={{ kind, ...(at === null ? {} : { at: String(at) }) }} />
      <p class="help">{KIND_HELP[kind]}</p>
      <FormError>{errors.form}</FormError>
      {kind === "value" && <Picker kinds={sensor} {...field("sensor", "Sensor")} />}
      {kind === "chart" && (
        <>
          <div class="fields">
            {LINES.map((name, i) => (
              <Picker key={name} kinds={sensor} {...field(name, `Sensor ${i + 1}`)} />
            ))}
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
      {(kind === "table" || kind === "status") && (
        <Picker
          kinds={["machine", "area"]}
          {...field(
            "machine",
            "Machine or area",
            kind === "status" ? "Left empty: the whole plant." : "All of its sensors.",
          )}
        />
      )}
      {kind === "table" && (
        <Picker
          kinds={sensor}
          many
          {...field("sensors", "Or these sensors", "With commas between.")}
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
        <Field autocomplete="off" {...field("title", "Title", "Left empty: what it shows.")} />
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

/** `Press 3 Temperature`: as people read it on the pages. */
export function calledIn(machines: BoardParts["machines"], sensor: Sensor): string {
  const machine = machines.find(sensor.machine) ?? { name: null, path: sensor.machine };
  return `${machineTitle(machine)} ${sensorTitle(sensor)}`;
}

/** What the form's texts stand for. @throws PerchError `validation` naming the field */
export async function tileOfForm(parts: BoardParts, values: Values): Promise<Tile> {
  const { kind, title, size } = values;
  const named = (name: string) => values[name]?.trim() ?? "";
  const sensor = (name: string, text: string) => sensorOf(parts, name, text);
  const given = async (): Promise<Record<string, unknown>> => {
    switch (kind) {
      case "value":
        return { sensor: await sensor("sensor", named("sensor")) };
      case "chart": {
        const lines = LINES.filter((name) => named(name) !== "");
        if (lines.length === 0) throw invalid("sensor", "name at least one sensor");
        const sensors = [];
        for (const name of lines) sensors.push(await sensor(name, named(name)));
        return { sensors, range: values.range };
      }
      case "table": {
        const names = namesIn(named("sensors"));
        const machine = await placeOf(parts, named("machine"));
        if (names.length === 0 && machine === null) {
          throw invalid("machine", "name a machine or an area, or sensors below");
        }
        const sensors = [];
        for (const name of names) sensors.push(await sensor("sensors", name));
        return { sensors, ...(machine === null ? {} : { machine }) };
      }
      case "status": {
        const machine = await placeOf(parts, named("machine"));
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
    ...await given(),
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
      // A name with a comma would be read as two.
      const names = tile.sensors.map((id) => name(id).includes(",") ? id : name(id));
      return { title, size, machine: place(tile.machine), sensors: names.join(", ") };
    }
    case "status":
      return { title, size, machine: place(tile.machine) };
    case "text":
      return { title, size, text: tile.text };
  }
}

/** Several names in one field: with commas between, or one on each line. */
export function namesIn(text: string): string[] {
  return text.split(/[\n,]/).map((name) => name.trim()).filter((name) => name !== "");
}

/** Id of the sensor that a text names: its name, or what people call it. */
async function sensorOf(
  { sensors, machines }: BoardParts,
  field: string,
  text: string,
): Promise<string> {
  const found = sensors.find(text);
  if (found) return found.id;
  const textsOf = (one: Sensor) => [calledIn(machines, one), one.name];
  const fits = await matchingInTurns(sensors.all(), text, textsOf);
  const same = fits.filter((one) => folded(calledIn(machines, one)) === folded(text));
  const [only, ...more] = same.length > 0 ? same : fits;
  if (text !== "" && only !== undefined && more.length === 0) return only.id;
  const why = only === undefined
    ? `There is no sensor “${text}”.`
    : `“${text}” fits ${fits.length} sensors: ${namesOf(fits)}.`;
  throw invalid(field, text === "" ? "Choose a sensor." : why);
}

/** Id of a machine, or the path of an area; null: nothing was typed. */
export async function placeOf(
  { machines }: Pick<BoardParts, "machines">,
  text: string,
  field = "machine",
): Promise<string | null> {
  if (text === "") return null;
  const all = machines.all();
  const machine = machines.find(text);
  if (machine && machine.deletedMs === null) return machine.id;
  if (all.some(({ path }) => isUnder(path, text))) return text;
  const textsOf = (one: Machine) => [machineTitle(one), one.path];
  const [only, ...more] = await matchingInTurns(all, text, textsOf);
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
