import type { VNode } from "preact";
import { z } from "zod";
import { MachineCondition, type MachineConditionProps } from "../../islands/machine_condition.tsx";
import { SensorRow } from "../../islands/sensor_row.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { lastLevel, sensorTitle, title } from "../../lib/words/names.ts";
import { hrefWith, machineEventsHref, machineHref, machineTitle } from "../frame/links.ts";
import { Controls, controlsOf } from "../frame/order_control.tsx";
import { Crumbs, Empty } from "../frame/parts.tsx";
import { lifeWords } from "../../lib/detect/predict/life_words.ts";
import { type Standing, StandingCard, standingOf } from "../annotations/standing.tsx";
import { findMachine, type MachinePageParts } from "./request.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { Island } from "../frame/island.tsx";
import { machineActions, MachineForms, MachinePhoto } from "./forms.tsx";
import { NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { rowOf } from "./sensor_rows.ts";
import { MachineDevices } from "./device_card.tsx";
import { MachineCameras } from "./cameras_card.tsx";
import { DeviceClock } from "./device_clock.tsx";
import { alarmsAt, MachineStatusNow } from "./status_now.tsx";

/** `/machines/:path`: one machine with its sensors, and what may be set of it. */
export function machinePages(parts: MachinePageParts): Route[] {
  const draw = async (context: RouteContext, pathOrId: string, sent: SentForm) => {
    const since = parts.place();
    const machine = findMachine(parts.machines, pathOrId);
    const standing = await standingOf(parts, machine, null);
    return parts.frame.answer(context.c, context.who, {
      title: machineTitle(machine),
      place: "/machines",
      script: "lists",
      stream: { types: "reading,status,prediction,command" },
      since,
      status: sent.status,
      content: (
        <Content
          parts={parts}
          machine={machine}
          standing={standing}
          mayChange={atLeast(context.who!.role, "engineer")}
          isAdmin={context.who!.role === "admin"}
          sent={sent}
        />
      ),
    });
  };
  return [
    route({
      method: "get",
      path: "/machines/:path{.+}",
      policy: "viewer",
      summary: null,
      params: z.object({ path: z.string().min(1).max(2000) }),
      handler: (context) => draw(context, context.params.path, NOTHING_SENT),
    }),
    ...machineActions(parts, draw),
  ];
}

function Content(
  { parts, machine, standing, mayChange, isAdmin, sent }: {
    parts: MachinePageParts;
    machine: Machine;
    standing: Standing;
    mayChange: boolean;
    isAdmin: boolean;
    sent: SentForm;
  },
): VNode {
  const { worst, window } = parts.statuses.machine(machine.path);
  const sensors = parts.sensors.all().filter((sensor) => sensor.machine === machine.path);
  const isDiagnostic = ({ num }: Sensor) => parts.deviceService.isDiagnostic(num);
  const diagnostic = sensors.filter(isDiagnostic);
  return (
    <>
      <Crumbs>
        <a href="/machines">Machines</a>
        {areasOf(machine.path).map((area) => (
          <>
            {" / "}
            <a href={`/machines?under=${encodeURIComponent(area)}`}>{title(lastLevel(area))}</a>
          </>
        ))}
      </Crumbs>
      <h1>{machineTitle(machine)}</h1>
      <div class="machine-state">
        <MachineStatusNow parts={parts} machine={machine} since alarms={standing.alarms} />
        {window && <>; {window.title}{worst !== "normal" && `; its sensors are ${worst}`}</>}
      </div>
      <DeviceClock behindMs={parts.clockOffsets.behindMs(machine.path)} />
      {machine.tags.length > 0 && (
        <p class="chips">
          {machine.tags.map((tag) => (
            <a key={tag} class="chip" href={`/machines?tag=${encodeURIComponent(tag)}`}>{tag}</a>
          ))}
        </p>
      )}
      {machine.notes !== "" && <p class="notes">{machine.notes}</p>}
      <StandingCard parts={parts} standing={standing} mayChange={mayChange} />
      <MachinePhoto machine={machine} />
      <section class="card" aria-labelledby="condition">
        <h2 id="condition">Condition</h2>
        <Island
          name="MachineCondition"
          component={MachineCondition}
          props={conditionOf(parts, machine, standing)}
        />
      </section>
      <section class="card" aria-labelledby="sensors">
        <h2 id="sensors">Sensors</h2>
        {sensors.length === 0 && <Empty>It has no sensors yet.</Empty>}
        {sensors.length > 1 && (
          <p>
            <a href={hrefWith("/compare", { machine: machine.path })}>All on one time axis</a>
          </p>
        )}
        <Rows parts={parts} sensors={sensors.filter((one) => !isDiagnostic(one))} />
        {diagnostic.length > 0 && (
          <details>
            <summary>
              {`${diagnostic.length} ${
                diagnostic.length === 1 ? "sensor" : "sensors"
              } about the device itself`}
            </summary>
            <Rows parts={parts} sensors={diagnostic} />
          </details>
        )}
      </section>
      <Controls
        targets={controlsOf(parts.commands, parts.commands.targets.ofMachine(machine.id))}
        mayOrder={mayChange}
        back={machineHref(machine.path)}
        nowMs={parts.clock.now()}
        zone={parts.zone}
      />
      <MachineDevices parts={parts} machine={machine} mayChange={mayChange} />
      <MachineCameras parts={parts} machine={machine} mayAdd={isAdmin} />
      <section class="card" aria-labelledby="more-of-it">
        <h2 id="more-of-it">More of this machine</h2>
        <p>
          <a href={machineEventsHref(machine.path)}>All events</a>
          {" · "}
          <a href={`/tickets?machine=${encodeURIComponent(machine.path)}`}>Tickets</a>
          {" · "}
          <a href={`/export?machine=${encodeURIComponent(machine.path)}`}>Export its history</a>
          {" · "}
          <a href={`/dashboards/pin?machine=${encodeURIComponent(machine.path)}`}>
            Pin to a dashboard
          </a>
          {mayChange && (
            <>
              {" · "}
              <a href={`/tickets/new?machine=${encodeURIComponent(machine.path)}`}>Open a ticket</a>
              {" · "}
              <a href={hrefWith("/alarms/new", { machine: machine.path })}>Raise an alarm</a>
            </>
          )}
        </p>
      </section>
      {mayChange && <MachineForms machine={machine} sent={sent} />}
    </>
  );
}

function Rows(
  { parts, sensors }: { parts: MachinePageParts; sensors: readonly Sensor[] },
): VNode {
  return (
    <>
      {sensors.map((sensor) => (
        <Island
          key={sensor.id}
          name="SensorRow"
          component={SensorRow}
          props={rowOf(parts, sensor, sensorTitle(sensor))}
        />
      ))}
    </>
  );
}

function conditionOf(
  parts: MachinePageParts,
  { path }: Machine,
  { alarms }: Standing,
): MachineConditionProps {
  const outlook = parts.predictions.current().find((one) => one.machine === path);
  const condition = outlook === undefined ? null : {
    id: outlook.id === null ? null : String(outlook.id),
    at_ms: outlook.tMs,
    class: outlook.class,
    score: outlook.score,
    confidence: outlook.confidence,
    action: outlook.action,
    summary: outlook.summary,
    source: outlook.source,
  };
  return {
    machine: path,
    alarms: alarmsAt(path, null, alarms).alarms,
    condition,
    life: outlook === undefined ? null : lifeWords(outlook.life, parts.sensors, parts.clock.now()),
    nowMs: parts.clock.now(),
    zone: parts.zone,
  };
}

/** `hall-1/line-2/press-3` → `hall-1`, `hall-1/line-2`. */
function areasOf(path: string): string[] {
  const levels = path.split("/").slice(0, -1);
  return levels.map((_, i) => levels.slice(0, i + 1).join("/"));
}
