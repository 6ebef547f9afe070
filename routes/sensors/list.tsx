import type { VNode } from "preact";
import { z } from "zod";
import { SensorRow } from "../../islands/sensor_row.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import { SENSOR_STATUSES } from "../../lib/live/status_words.ts";
import { plantSensors } from "../../lib/machines/host_machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { title } from "../../lib/words/names.ts";
import { pageInMemory } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { hrefWith } from "../frame/links.ts";
import { Answer, Chip, Chips, Empty, More, Removable } from "../frame/parts.tsx";
import { filterSensors, type SensorPageParts } from "./request.ts";
import { FirstReading } from "../machines/first_reading.tsx";
import { Island } from "../frame/island.tsx";
import { byMachine, rowOf } from "../machines/sensor_rows.ts";
import { UndoSensor } from "./settings.tsx";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";

const PAGE = 200;

const Query = z.object({
  q: z.string().max(200).optional(),
  machine: z.string().max(2000).optional(),
  status: z.enum(SENSOR_STATUSES).optional().catch(undefined),
  kind: z.enum(["number", "binary", "text"]).optional().catch(undefined),
  review: z.enum(["new", "confirmed"]).optional().catch(undefined),
  after: z.string().max(2000).optional(),
  /** A sensor that was just deleted: to be undone. */
  undo: z.string().max(40).optional(),
}).loose();
type Filter = Pick<z.output<typeof Query>, "q" | "machine" | "status" | "kind" | "review">;

/** `/sensors`: all of them, with a filter in the address. */
export function sensorsPage(parts: SensorPageParts): Route {
  return route({
    method: "get",
    path: "/sensors",
    policy: "viewer",
    summary: null,
    query: Query,
    handler: ({ c, who, query }) => {
      const since = parts.place();
      const { q, machine, status, kind, review, after, undo } = query;
      const gone = undo === undefined || !atLeast(who!.role, "engineer")
        ? undefined
        : parts.service.deletedSensor(undo);
      const filter: Filter = { q, machine, status, kind, review };
      const found = filterSensors(parts, filter);
      const asked = { cursor: after, limit: PAGE };
      const { items: page, next } = pageInMemory(found, (s) => s.name, asked);
      const none = plantSensors(parts.sensors, parts.machines).all().length === 0;
      return parts.frame.answer(c, who, {
        title: "Sensors",
        place: "/sensors",
        script: "lists",
        stream: { types: "reading,status" },
        since,
        content: (
          <>
            {gone && <UndoSensor sensor={gone} />}
            {none
              ? <FirstReading mqtt={parts.mqtt} url={new URL(c.req.url).origin} />
              : <List parts={parts} filter={filter} found={found.length} page={page} next={next} />}
          </>
        ),
      });
    },
  });
}

function List(
  { parts, filter, found, page, next }: {
    parts: SensorPageParts;
    filter: Filter;
    found: number;
    page: Sensor[];
    next: string | null;
  },
): VNode {
  const total = parts.sensors.all().length;
  const filtered = Object.values(filter).some((value) => value !== undefined && value !== "");
  return (
    <>
      <Answer>
        {filtered ? `${found} of ${total} sensors` : `${total} sensor${total === 1 ? "" : "s"}`}
      </Answer>
      <ListFilter
        path="/sensors"
        value={filter.q}
        keep={filter}
        label="Filter by name"
        placeholder="Sensor, machine or tag"
      />
      <Filtered>
        <Filters filter={filter} />
        {page.length === 0 && (
          <Empty>
            No sensor fits. <a href="/sensors">Show all {total}</a>
          </Empty>
        )}
        <div class="list">
          {[...byMachine(page)].map(([machine, sensors]) => (
            <section key={machine} class="card" aria-label={machine}>
              <h2>{machine.split("/").map(title).join(" / ")}</h2>
              {sensors.map((sensor) => (
                <Island
                  key={sensor.id}
                  name="SensorRow"
                  component={SensorRow}
                  props={rowOf(parts, sensor, sensor.settings.display_name ?? sensor.sensor)}
                />
              ))}
            </section>
          ))}
        </div>
        {next && <More href={hrefWith("/sensors", { ...filter, after: next })}>Next {PAGE}</More>}
      </Filtered>
      <More href="/computed">Computed sensors</More>
    </>
  );
}

/** What is filtered, and one click to change it. */
function Filters({ filter }: { filter: Filter }): VNode {
  const chip = (name: string, set: Partial<Filter>) => {
    const on = Object.entries(set).every(([key, value]) => filter[key as keyof Filter] === value);
    const off = Object.fromEntries(Object.keys(set).map((key) => [key, undefined]));
    return (
      <Chip key={name} href={hrefWith("/sensors", { ...filter, ...(on ? off : set) })} on={on}>
        {name}
      </Chip>
    );
  };
  return (
    <Chips label="Filters">
      {chip("Critical", { status: "critical" })}
      {chip("Warning", { status: "warning" })}
      {chip("Silent", { status: "offline" })}
      {chip("New", { review: "new" })}
      {chip("Numbers", { kind: "number" })}
      {chip("On/off", { kind: "binary" })}
      {chip("States", { kind: "text" })}
      {filter.machine && (
        <Removable href={hrefWith("/sensors", { ...filter, machine: undefined })}>
          {filter.machine}
        </Removable>
      )}
    </Chips>
  );
}
