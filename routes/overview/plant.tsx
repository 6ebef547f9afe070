/** The plant below what needs attention: a card per machine where it is small, else folded. */
import type { VNode } from "preact";
import { NormalMachines } from "../../islands/normal_machines.tsx";
import { SensorRow } from "../../islands/sensor_row.tsx";
import type { Status } from "../../lib/live/status_shape.ts";
import { isPlant } from "../../lib/machines/host_machine.ts";
import { areaOf, type Machine } from "../../lib/machines/machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { label, sensorTitle, title } from "../../lib/words/names.ts";
import { Island } from "../frame/island.tsx";
import { machineHref, machineTitle } from "../frame/links.ts";
import { More } from "../frame/parts.tsx";
import { MachineRow } from "../machines/machine_row.tsx";
import type { MachinePageParts } from "../machines/request.ts";
import { byMachine, rowOf } from "../machines/sensor_rows.ts";

/** More sensors than these are too many to look at: what is normal is folded. */
const CARDS_MOST_SENSORS = 60;
const ROWS_PER_MACHINE = 12;
/** So many are shown at once where nothing needs attention. */
const UNFOLDED_MOST = 50;
/** Beyond this the folded list names the first ones; the list of machines has them all. */
const FOLDED_MOST = 200;

/** All machines, however many there are. */
export function Plant(
  { parts, sensors, status }: {
    parts: MachinePageParts;
    sensors: readonly Sensor[];
    status: Pick<Status, "machines">;
  },
): VNode {
  return sensors.length > CARDS_MOST_SENSORS
    ? <Folded parts={parts} sensors={sensors.length} status={status} />
    : <Cards parts={parts} sensors={sensors} />;
}

function Folded(
  { parts, sensors, status }: {
    parts: MachinePageParts;
    sensors: number;
    status: Pick<Status, "machines">;
  },
): VNode {
  const machines = parts.machines.all().filter(isPlant)
    .toSorted((a, b) => a.path < b.path ? -1 : 1);
  const { critical, warning, offline } = status.machines;
  const open = critical + warning + offline === 0 && machines.length <= UNFOLDED_MOST;
  const areas = Map.groupBy(machines.slice(0, FOLDED_MOST), ({ path }) => areaOf(path));
  return (
    <>
      <details class="card fold" open={open}>
        <summary>
          <Island
            name="NormalMachines"
            component={NormalMachines}
            props={{ initial: status.machines }}
          />
        </summary>
        {[...areas].map(([area, list]) => (
          <Area
            key={area}
            parts={parts}
            area={area}
            list={list}
          />
        ))}
        {machines.length > FOLDED_MOST && (
          <More href="/machines">{`All ${machines.length} machines`}</More>
        )}
      </details>
      <More href="/sensors">{`All ${sensors} sensors`}</More>
      <More href="/machines/tree">The plant as a tree</More>
    </>
  );
}

function Area(
  { parts, area, list }: { parts: MachinePageParts; area: string; list: readonly Machine[] },
): VNode {
  const alarms = parts.alarms.open();
  return (
    <>
      {area !== "" && <h2>{area.split("/").map(title).join(" / ")}</h2>}
      {list.map((machine) => (
        <MachineRow key={machine.id} parts={parts} machine={machine} alarms={alarms} />
      ))}
    </>
  );
}

function Cards({ parts, sensors }: { parts: MachinePageParts; sensors: readonly Sensor[] }): VNode {
  return (
    <div class="machines">
      {[...byMachine(sensors)].map(([machine, list]) => (
        <section key={machine} class="card" aria-label={machine}>
          <h2>
            <a href={machineHref(machine)}>
              {machineTitle(parts.machines.find(machine) ?? { name: null, path: machine })}
            </a>
            <span class="area">{machine.split("/").slice(0, -1).map(label).join(" · ")}</span>
          </h2>
          {list.slice(0, ROWS_PER_MACHINE).map((sensor) => (
            <Island
              key={sensor.id}
              name="SensorRow"
              component={SensorRow}
              props={rowOf(parts, sensor, sensorTitle(sensor))}
            />
          ))}
          {list.length > ROWS_PER_MACHINE && (
            <More href={`/sensors?machine=${encodeURIComponent(machine)}`}>
              {`${list.length - ROWS_PER_MACHINE} more`}
            </More>
          )}
        </section>
      ))}
    </div>
  );
}
