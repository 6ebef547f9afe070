import type { VNode } from "preact";
import { z } from "zod";
import { ROLES } from "../../../lib/access/identity.ts";
import type { AccessKey } from "../../../lib/access/key_store.ts";
import { DAY_MS } from "../../../lib/words/times.ts";
import type { Route } from "../../http/route.ts";
import { caller } from "../../http/caller.ts";
import { Field, FormError, Select } from "../../frame/form.tsx";
import { idForm } from "../../http/params.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../../frame/form_page.ts";
import { Answer, Post, Table, UnderMore } from "../../frame/parts.tsx";
import type { AccountPageParts } from "./parts.ts";
import { ROLE_CHOICES } from "./people.tsx";
import { Ago, Exact } from "../../frame/times.tsx";
import { RowFilter } from "../../frame/list_filter.tsx";

const MAY = ["all", "read", "ingest", "events", "command"] as const;
const EXPIRY = ["never", "30", "90", "365"] as const;

const MAY_CHOICES: readonly (readonly [typeof MAY[number], string])[] = [
  ["all", "All that its role may, but command devices"],
  ["read", "Read only"],
  ["ingest", "Send readings only"],
  ["events", "Report events and how it is doing only"],
  ["command", "Command devices only"],
];
const EXPIRY_CHOICES: readonly (readonly [typeof EXPIRY[number], string])[] = [
  ["365", "in a year"],
  ["90", "in 90 days"],
  ["30", "in 30 days"],
  ["never", "never"],
];

/** `/keys`: API keys and device keys. For admins. */
export function keyPages(parts: AccountPageParts): Route[] {
  const { keys } = parts.access;
  const page: FormPage = {
    path: "/keys",
    policy: "admin",
    draw: (context, state) =>
      parts.frame.answer(context.c, context.who, {
        title: "Keys",
        place: "/more",
        status: state.status,
        content: <Content parts={parts} state={state} />,
      }),
  };
  const expiresMs = (choice: typeof EXPIRY[number]) =>
    choice === "never" ? undefined : parts.clock.now() + Number(choice) * DAY_MS;
  return [
    pageRoute(page),
    formRoute(
      page,
      "add",
      z.strictObject({
        name: z.string().max(80),
        role: z.enum(ROLES),
        may: z.enum(MAY),
        expires: z.enum(EXPIRY),
      }),
      async ({ name, role, may, expires }, context) => {
        const scopes = may === "all" ? undefined : [may];
        const wanted = { name, role, scopes, expiresMs: expiresMs(expires) };
        const { key } = await keys.add(wanted, caller(context));
        return <KeyNotice name={name} value={key} machine={null} />;
      },
    ),
    formRoute(
      page,
      "add-device",
      z.strictObject({
        name: z.string().max(80),
        machine: z.string().max(200),
        expires: z.enum(EXPIRY),
      }),
      async ({ name, machine, expires }, context) => {
        const wanted = { name, machine, expiresMs: expiresMs(expires) };
        const { key } = await keys.add(wanted, caller(context));
        return <KeyNotice name={name} value={key} machine={machine} />;
      },
    ),
    formRoute(
      page,
      "remove",
      idForm,
      async ({ id }, context) => {
        await keys.remove(id, caller(context));
      },
    ),
  ];
}

function Content({ parts, state }: { parts: AccountPageParts; state: FormState }): VNode {
  const list = parts.access.keys.list();
  const add = stateOf(state, "add");
  const device = stateOf(state, "add-device");
  return (
    <>
      <UnderMore />
      <Answer>{list.length === 1 ? "One key" : `${list.length || "No"} keys`}</Answer>
      {state.notice}
      <FormError>{stateOf(state, "remove").errors.form}</FormError>
      <RowFilter rows="main tbody tr" count={list.length} label="Filter keys by name" />
      {list.length > 0 && <KeyTable list={list} nowMs={parts.clock.now()} zone={parts.zone} />}
      <div class="machines">
        <section class="card" aria-labelledby="device-title">
          <h2 id="device-title">Key for a device</h2>
          <form method="post" action="/keys/add-device">
            <FormError>{device.errors.form}</FormError>
            <Field
              name="name"
              id="device-name"
              label="Name"
              value={device.values.name}
              error={device.errors.name}
              help="Also its MQTT user; the key is the MQTT password."
              autocomplete="off"
            />
            <Field
              name="machine"
              label="Machine"
              value={device.values.machine}
              error={device.errors.machine}
              help="It may send readings of this machine only, for example hall-1/press-3."
              autocomplete="off"
            />
            <Select
              name="expires"
              id="device-expires"
              label="Ends"
              options={EXPIRY_CHOICES}
              value={device.values.expires ?? "never"}
            />
            <button type="submit">Make the key</button>
          </form>
        </section>
        <section class="card" aria-labelledby="api-title">
          <h2 id="api-title">Key for a program</h2>
          <form method="post" action="/keys/add">
            <FormError>{add.errors.form}</FormError>
            <Field
              name="name"
              label="Name"
              value={add.values.name}
              error={add.errors.name}
              autocomplete="off"
            />
            <Select
              name="role"
              label="Role"
              options={ROLE_CHOICES}
              value={add.values.role ?? "viewer"}
            />
            <Select name="may" label="May" options={MAY_CHOICES} value={add.values.may ?? "all"} />
            <Select
              name="expires"
              label="Ends"
              options={EXPIRY_CHOICES}
              value={add.values.expires ?? "365"}
            />
            <button type="submit">Make the key</button>
          </form>
        </section>
      </div>
    </>
  );
}

function KeyTable(
  { list, nowMs, zone }: { list: AccessKey[]; nowMs: number; zone: string },
): VNode {
  return (
    <section class="card">
      <Table label="Keys">
        <thead>
          <tr>
            <th scope="col" class="text">Name</th>
            <th scope="col" class="text">Begins with</th>
            <th scope="col" class="text">May</th>
            <th scope="col">Last used</th>
            <th scope="col">Ends</th>
            <th scope="col">
              <span class="hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((key) => (
            <tr key={key.id}>
              <th scope="row" class="text">{key.name}</th>
              <td>
                <code>{key.hint}…</code>
              </td>
              <td class="text">{mayText(key)}</td>
              <td>
                <Ago tMs={key.lastUsedMs} nowMs={nowMs} zone={zone} />
              </td>
              <td>
                {key.expiresMs === null ? "never" : <Exact tMs={key.expiresMs} zone={zone} />}
              </td>
              <td>
                <Post action="/keys/remove" fields={{ id: key.id }} seen look="small">Remove</Post>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function mayText(key: AccessKey): string {
  if (key.kind === "device") return `send readings of ${key.machine}`;
  return key.scopes === null ? `all that ${key.role} may` : `${key.role}: ${key.scopes.join(", ")}`;
}

function KeyNotice(
  { name, value, machine }: { name: string; value: string; machine: string | null },
): VNode {
  return (
    <section class="card attention" aria-labelledby="key-title">
      <h2 id="key-title">{`The key ${name}`}</h2>
      <p>Copy it now; it is not shown again.</p>
      <pre tabIndex={0}><code>{value}</code></pre>
      {machine !== null && (
        <p>
          {`MQTT user ${name}, password as above, topics below factory/${machine}.`}
        </p>
      )}
    </section>
  );
}
