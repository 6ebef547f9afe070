import type { VNode } from "preact";
import { Attention } from "../../islands/attention.tsx";
import { NewSensors } from "../../islands/new_sensors.tsx";
import { OverviewAnswer } from "../../islands/overview_answer.tsx";
import { SensorRow } from "../../islands/sensor_row.tsx";
import { SystemLine } from "../../islands/system_line.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import type { StatusBoard } from "../../lib/live/status.ts";
import { plantSensors } from "../../lib/machines/host_machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { label } from "../../lib/words/names.ts";
import { machineHref, machineTitle } from "../frame/links.ts";
import { More } from "../frame/parts.tsx";
import { attentionOf } from "./attention.ts";
import { type Route, route } from "../http/route.ts";
import { FirstReading } from "../machines/first_reading.tsx";
import { Island } from "../frame/island.tsx";
import { byMachine, rowOf } from "../machines/sensor_rows.ts";
import type { MachinePageParts } from "../machines/request.ts";

/** Beyond this the overview shows the machines' first sensors; the list has them all. */
const ROWS_MOST = 400;
const ROWS_PER_MACHINE = 12;

/** What the overview takes. */
export interface OverviewParts extends MachinePageParts {
  alarms: Pick<Alarms, "open">;
  status: Pick<StatusBoard, "now">;
}

/** `/`: is anything wrong, and the plant at a glance. */
export function overviewPage(parts: OverviewParts): Route {
  return route({
    method: "get",
    path: "/",
    policy: "viewer",
    summary: null,
    handler: async ({ c, who }) => {
      const since = parts.place();
      const status = await parts.status.now();
      const all = plantSensors(parts.sensors, parts.machines).all();
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
            <Island
              name="Attention"
              component={Attention}
              props={{
                ...attentionOf(parts),
                mayAct: atLeast(who!.role, "engineer"),
                nowMs: parts.clock.now(),
                zone: parts.zone,
              }}
            />
            <Machines
              parts={parts}
              sensors={all.filter(({ num }) => !parts.deviceService.isDiagnostic(num))}
            />
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

function Machines({ parts, sensors }: { parts: OverviewParts; sensors: readonly Sensor[] }): VNode {
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
              <More href={`/sensors?machine=${encodeURIComponent(machine)}`}>
                {`${list.length - most} more`}
              </More>
            )}
          </section>
        ))}
      </div>
      {shown.length < machines.size && (
        <More href="/sensors">{`${machines.size - shown.length} more machines`}</More>
      )}
    </>
  );
}

function MachineLink({ parts, path }: { parts: OverviewParts; path: string }): VNode {
  const machine = parts.machines.find(path);
  return <a href={machineHref(path)}>{machineTitle(machine ?? { name: null, path })}</a>;
}

function Row(
  { parts, sensor, name }: { parts: OverviewParts; sensor: Sensor; name: string },
): VNode {
  return <Island name="SensorRow" component={SensorRow} props={rowOf(parts, sensor, name)} />;
}

function areaOf(machine: string): string {
  return machine.split("/").slice(0, -1).map(label).join(" · ");
}
