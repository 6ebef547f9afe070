import type { VNode } from "preact";
import { z } from "zod";
import { title } from "../../islands/format.ts";
import { SensorRow } from "../../islands/sensor_row.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import { isUnder, type Machine } from "../../lib/machines/machine.ts";
import { Field, FormError, TextArea } from "./form.tsx";
import { findMachine, noteOf } from "../machines.ts";
import { type Route, route, type RouteContext } from "../route.ts";
import { Island } from "./island.tsx";
import { machineHref, machineTitle } from "./machines.tsx";
import { WindowList } from "./maintenance.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "./page_form.ts";
import { rowOf } from "./rows.ts";
import type { PageParts } from "./services.ts";
import { MachineStatusNow, SensorStatusNow } from "./status_now.tsx";

/** `/machines/:path`: one machine with its sensors, and what may be said about it. */
export function machinePages(parts: PageParts): Route[] {
  const draw = (context: RouteContext, pathOrId: string, sent: SentForm) => {
    const since = parts.place();
    const machine = findMachine(parts.machines, pathOrId);
    return parts.frame.answer(context.c, context.who, {
      title: machineTitle(machine),
      place: "/machines",
      script: "lists",
      stream: { types: "reading,status" },
      since,
      status: sent.status,
      content: (
        <Content
          parts={parts}
          machine={machine}
          mayChange={atLeast(context.who!.role, "engineer")}
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
      handler: (context) => draw(context as RouteContext, context.params.path, NOTHING_SENT),
    }),
    formAction(
      "/machines/change",
      z.strictObject({
        id: z.string().max(40),
        name: z.string().trim().max(80),
        tags: z.string().max(1000),
        notes: z.string().max(4000),
      }),
      async ({ id, name, tags, notes }, context) => {
        const patch = {
          name: name === "" ? null : name,
          tags: [...new Set(tags.split(",").map((tag) => tag.trim().slice(0, 40)))].filter(Boolean),
          notes,
        };
        const note = noteOf(parts.audit, context);
        return machineHref((await parts.service.patchMachine(id, patch, note)).path);
      },
      (context, sent) => draw(context, sent.values.id ?? "", sent),
    ),
  ];
}

function Content(
  { parts, machine, mayChange, sent }: {
    parts: PageParts;
    machine: Machine;
    mayChange: boolean;
    sent: SentForm;
  },
): VNode {
  const { worst, window } = parts.statuses.machine(machine.path);
  const sensors = parts.sensors.all().filter((sensor) => sensor.machine === machine.path);
  const windows = parts.service.windows().filter(({ path }) => isUnder(machine.path, path));
  const off = sensors.filter((sensor) => parts.statuses.sensor(sensor) !== "normal");
  return (
    <>
      <p class="crumbs">
        <a href="/machines">Machines</a> / {machine.path.split("/").map(title).join(" / ")}
      </p>
      <h1>{machineTitle(machine)}</h1>
      <div class="machine-state">
        <MachineStatusNow parts={parts} machine={machine} since />
        {window && <>; {window.title}{worst !== "normal" && `; its sensors are ${worst}`}</>}
      </div>
      {machine.tags.length > 0 && (
        <p class="chips">
          {machine.tags.map((tag) => (
            <a key={tag} class="chip" href={`/machines?tag=${encodeURIComponent(tag)}`}>{tag}</a>
          ))}
        </p>
      )}
      {machine.notes !== "" && <p class="notes">{machine.notes}</p>}
      {off.length > 0 && (
        <section class="card attention" aria-labelledby="off">
          <h2 id="off">Needs attention</h2>
          <ul>
            {off.map((sensor) => (
              <li key={sensor.id}>
                <a href={`/sensors/${sensor.id}`}>
                  {sensor.settings.display_name ?? title(sensor.sensor)}
                </a>{" "}
                <SensorStatusNow parts={parts} sensor={sensor} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section class="card" aria-labelledby="sensors">
        <h2 id="sensors">Sensors</h2>
        {sensors.length === 0 && <p class="empty">It has no sensors yet.</p>}
        {sensors.map((sensor) => (
          <Island
            key={sensor.id}
            name="SensorRow"
            component={SensorRow}
            props={rowOf(parts, sensor, sensor.settings.display_name ?? sensor.sensor)}
          />
        ))}
      </section>
      <section class="card" aria-labelledby="windows">
        <h2 id="windows">Maintenance</h2>
        <WindowList parts={parts} windows={windows} mayChange={false} />
        <p>
          <a href={`/maintenance?path=${encodeURIComponent(machine.path)}`}>
            {mayChange ? "Plan or change maintenance" : "All maintenance windows"}
          </a>
        </p>
      </section>
      {mayChange && <Forms machine={machine} sent={sent} />}
    </>
  );
}

function Forms({ machine, sent }: { machine: Machine; sent: SentForm }): VNode {
  const { errors, values } = sent;
  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      {machine.review === "new" && (
        <form method="post" action="/machines/confirm">
          <p class="help">
            It appeared by itself with its first reading. Confirm it and its sensors when it belongs
            here.
          </p>
          <input type="hidden" name="id" value={machine.id} />
          <button type="submit" class="primary">Confirm</button>
        </form>
      )}
      <form method="post" action="/machines/change">
        <FormError>{errors.form}</FormError>
        <input type="hidden" name="id" value={machine.id} />
        <Field
          name="name"
          label="Name"
          value={values.name ?? machine.name ?? ""}
          error={errors.name}
          help="Empty: the last part of the path."
          autocomplete="off"
          required={false}
        />
        <Field
          name="tags"
          label="Tags"
          value={values.tags ?? machine.tags.join(", ")}
          error={errors.tags}
          help="Separated by commas."
          autocomplete="off"
          required={false}
        />
        <TextArea
          name="notes"
          label="Notes"
          value={values.notes ?? machine.notes}
          error={errors.notes}
        />
        <button type="submit">Save</button>
      </form>
      <form method="post" action="/machines/delete">
        <input type="hidden" name="id" value={machine.id} />
        <button type="submit">Delete the machine</button>
        <p class="help">It can be undone: readings are kept.</p>
      </form>
    </section>
  );
}
