import type { VNode } from "preact";
import { z } from "zod";
import type { CompareProps } from "../../islands/compare_data.ts";
import { CompareView } from "../../islands/compare_view.tsx";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { matchingInTurns } from "../../lib/search/in_turns.ts";
import { sensorTitle, title, withinSentence } from "../../lib/words/names.ts";
import { annotationsOf } from "../annotations/request.ts";
import { Field, FormError, Hidden } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { hrefWith, machineTitle } from "../frame/links.ts";
import { Picker } from "../frame/picker.tsx";
import { Answer, Chip, Chips, Crumbs, Empty } from "../frame/parts.tsx";
import { chooseRange, localText, type RangeChoice, RANGES } from "../frame/range.ts";
import { type Route, route } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { bucketsOf } from "../machines/sensor_rows.ts";
import type { SensorPageParts } from "./request.ts";

/** More lines cannot be told apart. */
const SENSORS_MOST = 12;
const POINTS = 300;
const NAMED_MOST = 3;

const Query = z.object({
  sensors: z.string().max(4000).optional(),
  machine: z.string().max(2000).optional(),
  add: z.string().max(200).optional(),
  layout: z.enum(["overlaid", "stacked"]).catch("overlaid").optional(),
  range: z.string().max(10).optional(),
  from: z.string().max(40).optional(),
  to: z.string().max(40).optional(),
}).loose();
type Asked = z.output<typeof Query>;

/** `/compare`: any sensors over one range, in one chart or beneath each other. Its address is the view. */
export function comparePage(parts: SensorPageParts): Route {
  return route({
    method: "get",
    path: "/compare",
    policy: "viewer",
    summary: null,
    query: Query,
    handler: async ({ c, who, query }) => {
      const since = parts.place();
      const { sensors, gone } = chosen(parts, query);
      const added = query.add?.trim() ? await found(parts, query.add, sensors) : null;
      if (query.machine !== undefined || added?.sensor) {
        return seeOther(compareHref(query, added?.sensor ? [...sensors, added.sensor] : sensors));
      }
      const choice = chooseRange(query, parts.clock.now(), parts.zone);
      const view = sensors.length === 0 ? null : await compareOf(parts, query, sensors, choice);
      return parts.frame.answer(c, who, {
        title: "Compare sensors",
        place: "/sensors",
        script: "compare",
        ...(sensors.length === 0 ? {} : {
          stream: { types: "reading", sensor: sensors.map(({ id }) => id).join(",") },
          since,
        }),
        content: (
          <Content
            {...{ parts, query, sensors, gone, choice, view }}
            problem={added?.problem ?? null}
          />
        ),
      });
    },
  });
}

/** The sensors of the address, and how many of them are there no more. */
function chosen(
  { sensors, deviceService }: SensorPageParts,
  { sensors: names, machine }: Asked,
): { sensors: Sensor[]; gone: number } {
  if (machine !== undefined) {
    const own = sensors.all().filter((one) =>
      one.machine === machine && !deviceService.isDiagnostic(one.num)
    );
    // Numbers first: they are what a chart is for.
    own.sort((a, b) => Number(b.kind === "number") - Number(a.kind === "number"));
    return { sensors: own.slice(0, SENSORS_MOST), gone: 0 };
  }
  const ids = [...new Set((names ?? "").split(",").filter((id) => id !== ""))];
  const known = ids.flatMap((id) => sensors.find(id) ?? []);
  return { sensors: known.slice(0, SENSORS_MOST), gone: ids.length - known.length };
}

/** The sensor that somebody typed, as it is called on the screen, or why there is none. */
async function found(
  parts: SensorPageParts,
  typed: string,
  chosen: readonly Sensor[],
): Promise<{ sensor?: Sensor; problem?: string }> {
  if (chosen.length >= SENSORS_MOST) {
    return { problem: `At most ${SENSORS_MOST} sensors can be compared. Leave one out first.` };
  }
  const named = parts.sensors.find(typed.trim());
  if (named) {
    return chosen.includes(named)
      ? { problem: `“${titleOf(parts, named)}” is shown already.` }
      : { sensor: named };
  }
  const others = parts.sensors.all().filter((one) => !chosen.includes(one));
  const fitting = await matchingInTurns(others, typed, (one) => [titleOf(parts, one), one.name]);
  if (fitting.length === 1) return { sensor: fitting[0] };
  const shown = `“${typed.slice(0, 80)}”`;
  if (fitting.length === 0) return { problem: `No sensor is called ${shown}.` };
  const names = fitting.slice(0, 5).map((one) => titleOf(parts, one)).join(", ");
  return {
    problem: `${shown} fits ${fitting.length} sensors: ${names}${fitting.length > 5 ? " …" : ""}.`,
  };
}

/** Machine and sensor as people call them. */
function titleOf({ machines }: Pick<SensorPageParts, "machines">, sensor: Sensor): string {
  const machine = machines.find(sensor.machine);
  const where = machine === undefined ? title(sensor.machine) : machineTitle(machine);
  return `${where} ${withinSentence(sensorTitle(sensor))}`;
}

function compareHref(
  { layout, range, from, to, machine }: Asked,
  sensors: readonly Sensor[],
  change: Partial<Asked> = {},
): string {
  return hrefWith("/compare", {
    sensors: sensors.map(({ id }) => id).join(","),
    layout: layout ?? (machine === undefined ? undefined : "stacked"),
    ...(from === undefined && to === undefined ? { range } : { from, to }),
    ...change,
  } as Record<string, string | undefined>);
}

async function compareOf(
  parts: SensorPageParts,
  query: Asked,
  sensors: readonly Sensor[],
  { range: { fromMs, toMs, lengthMs } }: RangeChoice,
): Promise<CompareProps> {
  const range = { fromMs, toMs: toMs + 1 };
  const [annotations, ...series] = await Promise.all([
    annotationsOf(parts, sensors, range),
    ...sensors.map(({ num }) => parts.readings.buckets({ sensor: num, ...range, points: POINTS })),
  ]);
  const shown = sensors.map((sensor) => parts.shown(sensor));
  return {
    sensors: sensors.map((sensor, i) => ({
      id: sensor.id,
      name: sensor.name,
      title: titleOf(parts, sensor),
      unit: shown[i].unit,
      convert: shown[i].convert,
      kind: sensor.kind,
      decimals: shown[i].decimals,
      states: sensor.kind === "text" ? sensor.states : [],
      intervalMs: parts.recent.intervalMs(sensor.num),
      without: compareHref(query, sensors.filter((one) => one !== sensor)),
    })),
    series: series.map((found, i) => bucketsOf(found, shown[i].decimals, shown[i].convert)),
    annotations,
    layout: query.layout ?? "overlaid",
    points: POINTS,
    ...{ lengthMs, fromMs, toMs },
    nowMs: parts.clock.now(),
    zone: parts.zone,
  };
}

function Content(
  { parts, query, sensors, gone, choice, view, problem }: {
    parts: SensorPageParts;
    query: Asked;
    sensors: readonly Sensor[];
    gone: number;
    choice: RangeChoice;
    view: CompareProps | null;
    problem: string | null;
  },
): VNode {
  return (
    <>
      <Crumbs>
        <a href="/sensors">Sensors</a>
      </Crumbs>
      <Answer>{answerOf(sensors.map((one) => titleOf(parts, one)))}</Answer>
      {gone > 0 && (
        <p class="muted">
          {`${gone} ${gone === 1 ? "sensor" : "sensors"} of this address no longer ${
            gone === 1 ? "exists" : "exist"
          }.`}
        </p>
      )}
      <AddSensor query={query} sensors={sensors} problem={problem} />
      {view === null
        ? (
          <Empty>
            Add the sensors to compare. The address of the page is the view: send it on.
          </Empty>
        )
        : (
          <>
            <Ranges query={query} sensors={sensors} choice={choice} zone={parts.zone} />
            <Chips label="Layout">
              {(["overlaid", "stacked"] as const).map((layout) => (
                <Chip
                  key={layout}
                  href={compareHref(query, sensors, { layout })}
                  on={view.layout === layout}
                >
                  {layout === "overlaid" ? "In one chart" : "Beneath each other"}
                </Chip>
              ))}
            </Chips>
            <Island name="CompareView" component={CompareView} props={view} />
            <p class="downloads">
              <a
                href={`/export?${new URLSearchParams(
                  sensors.map(({ id }): [string, string] => ["sensor", id]),
                )}`}
              >
                Export these sensors
              </a>
            </p>
          </>
        )}
    </>
  );
}

function answerOf(titles: readonly string[]): string {
  if (titles.length === 0) return "Compare sensors";
  const more = titles.length - NAMED_MOST;
  const named = titles.slice(0, NAMED_MOST).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

function AddSensor(
  { query, sensors, problem }: {
    query: Asked;
    sensors: readonly Sensor[];
    problem: string | null;
  },
): VNode {
  const { layout, range, from, to } = query;
  const kept = { sensors: sensors.map(({ id }) => id).join(","), layout, range, from, to };
  return (
    <form method="get" action="/compare" class="compare-add">
      <Hidden
        values={Object.fromEntries(
          Object.entries(kept).filter((entry): entry is [string, string] => !!entry[1]),
        )}
      />
      <Picker
        kinds={["sensor"]}
        name="add"
        label={sensors.length === 0 ? "Sensor" : "Another sensor"}
        value={problem === null ? undefined : query.add}
        error={problem ?? undefined}
        placeholder="Press 3 temperature"
      />
      <button type="submit">Add</button>
    </form>
  );
}

function Ranges(
  { query, sensors, choice: { range, problem }, zone }: {
    query: Asked;
    sensors: readonly Sensor[];
    choice: RangeChoice;
    zone: string;
  },
): VNode {
  const ids = sensors.map(({ id }) => id).join(",");
  return (
    <div class="ranges">
      <nav aria-label="Range">
        {RANGES.map(({ key, name }) => (
          <Chip
            key={key}
            href={hrefWith("/compare", { sensors: ids, layout: query.layout, range: key })}
            on={range.key === key}
          >
            {name}
          </Chip>
        ))}
      </nav>
      <details class="custom" open={range.key === "custom" || problem !== null}>
        <summary class={range.key === "custom" ? "chip on" : "chip"}>Custom</summary>
        <form method="get" action="/compare">
          <Hidden values={{ sensors: ids, ...(query.layout ? { layout: query.layout } : {}) }} />
          <Field
            name="from"
            label="From"
            type="datetime-local"
            value={localText(range.fromMs, zone)}
          />
          <Field name="to" label="To" type="datetime-local" value={localText(range.toMs, zone)} />
          <button type="submit">Show</button>
          <p class="help">{`Times in ${zone}.`}</p>
          <FormError>{problem}</FormError>
        </form>
      </details>
    </div>
  );
}
