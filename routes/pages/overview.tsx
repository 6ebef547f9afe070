import type { VNode } from "preact";
import { ago, dateTime, label, title } from "../../islands/format.ts";
import { NewSensors } from "../../islands/new_sensors.tsx";
import { OverviewAnswer } from "../../islands/overview_answer.tsx";
import { SensorRow } from "../../islands/sensor_row.tsx";
import { SystemLine } from "../../islands/system_line.tsx";
import type { Sensor } from "../../lib/machines/registry.ts";
import { type Route, route } from "../route.ts";
import { FirstReading } from "./first_reading.tsx";
import { Island } from "./island.tsx";
import { byMachine, rowOf } from "./rows.ts";
import { machineHref, machineTitle } from "./machines.tsx";
import type { PageParts } from "./services.ts";

/** Beyond this the overview shows the machines' first sensors; the list has them all. */
const ROWS_MOST = 400;
const ROWS_PER_MACHINE = 12;
const SILENT_MOST = 8;

/** `/`: is anything wrong, and the plant at a glance. */
export function overviewPage(parts: PageParts): Route {
  return route({
    method: "get",
    path: "/",
    policy: "viewer",
    summary: null,
    handler: async ({ c, who }) => {
      const since = parts.place();
      const status = await parts.status.now();
      const all = parts.sensors.all();
      const newSensors = (
        <Island
          name="NewSensors"
          component={NewSensors}
          props={{ shown: all.length, first: all.length === 0 }}
        />
      );
      const content = all.length === 0
        ? (
          <>
            {newSensors}
            <FirstReading mqtt={parts.mqtt} url={new URL(c.req.url).origin} />
          </>
        )
        : (
          <>
            {newSensors}
            <Island name="OverviewAnswer" component={OverviewAnswer} props={{ initial: status }} />
            <Island name="SystemLine" component={SystemLine} props={{ initial: status }} />
            <Silent parts={parts} sensors={all} />
            <Machines parts={parts} sensors={all} />
          </>
        );
      return parts.frame.answer(c, who, {
        title: "Overview",
        place: "/",
        script: "lists",
        stream: { types: "reading,status" },
        since,
        content,
      });
    },
  });
}

/** What needs attention comes first: whole machines in one line, then single sensors. */
function Silent(
  { parts, sensors }: { parts: PageParts; sensors: readonly Sensor[] },
): VNode | null {
  const isSilent = (sensor: Sensor) => parts.recent.status(sensor) === "offline";
  const silent = sensors.filter(isSilent);
  if (silent.length === 0) return null;
  const whole = [...byMachine(sensors)].filter(([, list]) =>
    list.length > 1 && list.every(isSilent)
  );
  const inWhole = new Set(whole.map(([machine]) => machine));
  const single = silent.filter((sensor) => !inWhole.has(sensor.machine));
  const machinesShown = whole.slice(0, SILENT_MOST);
  const sensorsShown = single.slice(0, SILENT_MOST - machinesShown.length);
  return (
    <section class="card attention" aria-labelledby="silent">
      <h2 id="silent">
        <span class="mark warning" aria-hidden="true">▲</span>Silent
      </h2>
      {machinesShown.map(([machine, list]) => (
        <SilentMachine key={machine} parts={parts} machine={machine} sensors={list} />
      ))}
      {sensorsShown.map((sensor) => (
        <Row key={sensor.id} parts={parts} sensor={sensor} name={nameWithMachine(sensor)} />
      ))}
      {machinesShown.length + sensorsShown.length < whole.length + single.length && (
        <p class="more">
          <a href="/sensors?status=offline">{`All ${silent.length} silent sensors`}</a>
        </p>
      )}
    </section>
  );
}

function SilentMachine(
  { parts, machine, sensors }: { parts: PageParts; machine: string; sensors: Sensor[] },
): VNode {
  const lastMs = Math.max(...sensors.map((sensor) => parts.recent.seenMs(sensor) ?? 0));
  return (
    <a class="row stale" href={`/sensors?machine=${encodeURIComponent(machine)}`}>
      <span class="row-name">
        {title(machine.slice(machine.lastIndexOf("/") + 1))}
        <span class="area">{areaOf(machine)}</span>
      </span>
      <span class="spark" />
      <span class="row-value">{`all ${sensors.length}`}</span>
      <span class="row-note" title={dateTime(lastMs, parts.zone)}>
        <span aria-hidden="true">▲</span> silent, last {ago(parts.clock.now() - lastMs)}
      </span>
    </a>
  );
}

function Machines({ parts, sensors }: { parts: PageParts; sensors: readonly Sensor[] }): VNode {
  const machines = byMachine(sensors);
  const most = sensors.length > ROWS_MOST
    ? Math.max(2, Math.floor(ROWS_MOST / machines.size))
    : ROWS_PER_MACHINE;
  const shown = [...machines].slice(0, ROWS_MOST / 2);
  return (
    <>
      <div class="machines">
        {shown.map(([machine, list]) => (
          <section key={machine} class="card" aria-label={machine}>
            <h2>
              <MachineLink parts={parts} path={machine} />
              <span class="area">{areaOf(machine)}</span>
            </h2>
            {list.slice(0, most).map((sensor) => (
              <Row
                key={sensor.id}
                parts={parts}
                sensor={sensor}
                name={sensor.settings.display_name ?? sensor.sensor}
              />
            ))}
            {list.length > most && (
              <p class="more">
                <a href={`/sensors?machine=${encodeURIComponent(machine)}`}>
                  {`${list.length - most} more`}
                </a>
              </p>
            )}
          </section>
        ))}
      </div>
      {shown.length < machines.size && (
        <p class="more">
          <a href="/sensors">{`${machines.size - shown.length} more machines`}</a>
        </p>
      )}
    </>
  );
}

function MachineLink({ parts, path }: { parts: PageParts; path: string }): VNode {
  const machine = parts.machines.find(path);
  return (
    <a href={machineHref(path)}>
      {machine ? machineTitle(machine) : title(path.slice(path.lastIndexOf("/") + 1))}
    </a>
  );
}

function Row(
  { parts, sensor, name }: { parts: PageParts; sensor: Sensor; name: string },
): VNode {
  return <Island name="SensorRow" component={SensorRow} props={rowOf(parts, sensor, name)} />;
}

function areaOf(machine: string): string {
  return machine.split("/").slice(0, -1).map(label).join(" · ");
}

function nameWithMachine(sensor: Sensor): string {
  // Sensors without a machine of their own belong to `default`.
  if (sensor.machine === "default") return sensor.sensor;
  return `${sensor.machine.slice(sensor.machine.lastIndexOf("/") + 1)} ${sensor.sensor}`;
}
