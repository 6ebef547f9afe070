/**
 * Z8: every way in for texts. There are two kinds:
 *
 * - Every field of every JSON body in the route table is found by itself (`bodyInputs`): the route's example
 *   is sent with a hostile text in the place of one field after the other, each to another thing of its list.
 *   A new route with an example takes part without a line here; its `:id` comes from the list of its resource
 *   or from `oneOfEach`. Fields that must take any text stand in `FREE_TEXTS`: one that does not any more, or
 *   was renamed, is noticed.
 * - What is no JSON body (MQTT, ingest payloads, files, headers, queries) has a line in `OTHER_INPUTS`.
 *
 * The pages on which they show up are found by themselves too: see `hostile_test.ts`.
 */
import { Buffer } from "node:buffer";
import { connectAsync } from "mqtt";
import { z } from "zod";
import type { Route } from "../../routes/http/route.ts";
import type { AppUnderTest } from "./app.ts";
import { asFindings } from "./hostile_scripts.ts";
import { someOf } from "./hostile_text.ts";
import { pathOf } from "./one_of_each.ts";
import { picture } from "./pictures.ts";

export interface Tools {
  under: AppUnderTest;
  /** Bearer of an admin. */
  authorization: string;
  /** What `oneOfEach` gave. */
  ids: Record<string, string>;
}

/** What became of the texts at one way in. */
export interface Tally {
  input: string;
  tried: number;
  taken: number;
  /** Answers of 500 and above: there must be none. */
  failed: string[];
}

/** Fields of bodies that take any text of their length, as `method path field`. */
export const FREE_TEXTS: readonly string[] = [
  "patch /api/users/me name",
  "post /api/users name",
  "post /api/keys name",
  "post /api/channels name",
  "post /api/cameras name",
  "patch /api/cameras/:id name",
  "post /api/commands/targets name",
  "patch /api/commands/targets/:id name",
  "post /api/command-rules name",
  "post /api/probes name",
  "patch /api/probes/:id name",
  "post /api/rules name",
  "post /api/sensors unit",
  "post /api/sensors display_name",
  "patch /api/sensors/:id{.+} unit",
  "patch /api/sensors/:id{.+} display_name",
  "post /api/machines name",
  "post /api/machines notes",
  "post /api/machines tags.0",
  "patch /api/machines/:path{.+} name",
  "patch /api/machines/:path{.+} notes",
  "post /api/maintenance title",
  "post /api/alarms text",
  "post /api/notes text",
  "post /api/alarms/:id/resolve note",
  "post /api/alarms/:id/shelve reason",
  "post /api/alarms/:id/comments text",
  "post /api/tickets title",
  "post /api/tickets/:id/comments text",
  "post /api/components/:name detail",
];

/** Some texts are no names (`/` parts a path, `#` and `+` are MQTT's); these stay what they are to a browser. */
export const asLevel = (text: string) =>
  text.replaceAll("/", "\u2215").replaceAll("#", "\uff03").replaceAll("+", "\uff0b").trim();

interface OtherInput {
  input: string;
  /** How many of the texts are taken at least; the others are refused with a problem. */
  least: number;
  put(texts: readonly string[], tools: Tools): Promise<number>;
}

/** Ways in that are no JSON body of a route: one line each. */
export const OTHER_INPUTS: readonly OtherInput[] = [
  {
    input: "ingest: machine, sensor, unit",
    least: 55,
    put: (texts, tools) =>
      ingest(
        tools,
        texts.map((text) => ({
          machine: `hall/${asLevel(text)}`,
          sensor: asLevel(text),
          value: 1,
          unit: text.slice(0, 16),
        })),
      ),
  },
  {
    input: "ingest: texts of a state sensor",
    least: 55,
    put: (texts, tools) =>
      ingest(
        tools,
        texts.map((text) => ({ machine: "hall/states", sensor: "state", value: text })),
      ),
  },
  {
    input: "ingest: refused, shown on the sources page",
    least: 0,
    put: (texts, tools) =>
      ingest(tools, texts.map((text) => ({ machine: text, sensor: text, value: 1, ts: text }))),
  },
  {
    input: "events of other programs: message and details",
    least: 55,
    put: (texts, tools) =>
      count(texts, async (text) => {
        const event = { type: "scan", message: text, details: { [text.slice(0, 60)]: text } };
        return (await ask(tools, "POST", "/api/events", { body: JSON.stringify(event) })).ok;
      }),
  },
  { input: "line protocol: measurement, tags, fields", least: 0, put: lines },
  { input: "MQTT: topic levels and texts", least: 55, put: overMqtt },
  { input: "MQTT discovery: what devices say of themselves", least: 55, put: asDevices },
  { input: "MQTT: client id, user and last will", least: 0, put: asMqttClients },
  { input: "registry import: JSON", least: 55, put: importJson },
  { input: "registry import: CSV", least: 55, put: importCsv },
  {
    input: "photo of a machine: its words",
    least: 55,
    put: (texts, tools) =>
      count(texts, async (text, n) => {
        const machines = await idsOf("/api/machines", tools);
        const path = encodeURIComponent(machines[n % machines.length]);
        const query = new URLSearchParams({ alt: text });
        const answer = await ask(tools, "PUT", `/api/machines/${path}/photo?${query}`, {
          type: "image/png",
          body: picture("png"),
        });
        return answer.ok;
      }),
  },
  {
    input: "machine of a device's key",
    least: 55,
    put: (texts, tools) =>
      count(texts, async (text, n) => {
        const body = JSON.stringify({ name: `device ${n}`, machine: `hall/${asLevel(text)}` });
        return (await ask(tools, "POST", "/api/keys", { body })).ok;
      }),
  },
  {
    input: "attachment of a ticket: its file name",
    least: 50,
    put: (texts, tools) =>
      count(texts, async (text, n) => {
        const tickets = await idsOf("/api/tickets", tools);
        const body = new FormData();
        const name = `${text.replace(/["\r\n]/g, "'")}.png`;
        body.append("file", new Blob([picture("png")], { type: "image/png" }), name);
        const path = `/api/tickets/${encodeURIComponent(tickets[n % tickets.length])}/attachments`;
        return (await ask(tools, "POST", path, { type: null, body })).ok;
      }),
  },
  {
    input: "findings of a custom detector, faults of a fault detector",
    least: 55,
    put: (texts, tools) => asFindings(texts, tools.under, (readings) => ingest(tools, readings)),
  },
  {
    input: "user agent of a sign-in",
    least: 0,
    put: (texts, { under }) =>
      count(texts.filter((text) => /^[\x20-\x7e]+$/.test(text)).slice(0, 10), async (text) => {
        const answer = await fetch(`${under.url}/api/users/login`, {
          method: "POST",
          headers: { "user-agent": text, "content-type": "application/json" },
          body: JSON.stringify({ email: `${text.slice(0, 100)}@example.org`, password: text }),
        });
        await answer.body?.cancel();
        return answer.ok;
      }),
  },
];

async function count(
  texts: readonly string[],
  put: (text: string, n: number) => Promise<boolean>,
): Promise<number> {
  let taken = 0;
  for (const [n, text] of texts.entries()) if (await put(text, n)) taken++;
  return taken;
}

interface Answer {
  ok: boolean;
  status: number;
  // deno-lint-ignore no-explicit-any
  json: any;
}

async function ask(
  { under, authorization }: Tools,
  method: string,
  path: string,
  { type = "application/json", body }: { type?: string | null; body?: BodyInit } = {},
): Promise<Answer> {
  // A form says its own type.
  const isTyped = body !== undefined && type !== null;
  const headers = { authorization, ...(isTyped ? { "content-type": type } : {}) };
  const answer = await fetch(under.url + path, { method: method.toUpperCase(), headers, body });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get("content-type") ?? "");
  return { ok: answer.ok, status: answer.status, json: isJson ? JSON.parse(text) : null };
}

async function ingest(tools: Tools, readings: readonly unknown[]): Promise<number> {
  const body = JSON.stringify(readings);
  const { json } = await ask(tools, "POST", "/api/ingest/batch", { body });
  return json.accepted;
}

async function lines(texts: readonly string[], tools: Tools): Promise<number> {
  return await count(texts, async (text) => {
    const name = text.replace(/[\s,="\\]/g, (c) => `\\${c}`);
    const body = `${name},machine=${name} ${name}="${text.replace(/["\\]/g, (c) => `\\${c}`)}"`;
    return (await ask(tools, "POST", "/api/v2/write", { type: "text/plain", body })).ok;
  });
}

async function overMqtt(texts: readonly string[], { under }: Tools): Promise<number> {
  const { broker, registry } = under.app.parts();
  const before = registry.all().length;
  const client = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`, { protocolVersion: 4 });
  for (const text of texts) {
    const level = asLevel(text);
    await client.publishAsync(`factory/mqtt/${level}/${level}`, "1", { qos: 1 });
    await client.publishAsync("factory/mqtt/state/state", text, { qos: 1 });
    await client.publishAsync(text.replace(/[#+\0]/g, "") || "x", text, { qos: 1 });
  }
  await client.endAsync();
  return registry.all().length - before;
}

async function asDevices(texts: readonly string[], { under }: Tools): Promise<number> {
  const { broker, devices } = under.app.parts();
  const before = devices.all().length;
  const client = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`, { protocolVersion: 4 });
  for (const [n, text] of texts.entries()) {
    const config = {
      ...{
        name: text,
        uniq_id: `hostile ${n} ${text}`,
        stat_t: `hostile/${n}`,
        unit_of_meas: text,
      },
      ...{ val_tpl: text, options: [text], icon: text, en: n % 2 === 0 },
      dev: { ids: [`${n} ${text}`], name: text, mf: text, mdl: text, sn: text, sw: text, hw: text },
    };
    await client.publishAsync(`homeassistant/sensor/hostile/n${n}/config`, JSON.stringify(config), {
      qos: 1,
    });
    await client.publishAsync(`hostile/${n}`, text, { qos: 1 });
  }
  await client.endAsync();
  return devices.all().length - before;
}

async function asMqttClients(texts: readonly string[], { under }: Tools): Promise<number> {
  const { broker } = under.app.parts();
  return await count(texts, async (text) => {
    const client = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      clientId: text,
      username: text,
      password: text,
      will: { topic: `factory/${asLevel(text)}`, payload: Buffer.from(text), qos: 1, retain: true },
    }, false).catch(() => null);
    await client?.endAsync(true);
    return client !== null;
  });
}

async function importJson(texts: readonly string[], tools: Tools): Promise<number> {
  return await count(texts, async (text, n) => {
    const path = `import/${asLevel(text)} ${n}`;
    const document = {
      machines: [{
        path,
        display_name: text.slice(0, 80),
        tags: [text.replaceAll(",", ";").slice(0, 40)],
        notes: text,
      }],
      sensors: [{ path: `${path}/s`, display_name: text.slice(0, 80), unit: text.slice(0, 16) }],
    };
    const body = JSON.stringify(document);
    return (await ask(tools, "POST", "/api/registry/import?confirm=true", { body })).ok;
  });
}

async function importCsv(texts: readonly string[], tools: Tools): Promise<number> {
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return await count(texts, async (text, n) => {
    const body = `type,path,display_name,notes\r\nmachine,${cell(`table/${asLevel(text)} ${n}`)},${
      cell(text.slice(0, 80))
    },${cell(text)}\r\n`;
    const path = "/api/registry/import?confirm=true";
    return (await ask(tools, "POST", path, { type: "text/csv", body })).ok;
  });
}

interface Leaf {
  path: (string | number)[];
  longest: number;
}

/** Texts of a field that says nothing about which ones it takes (no choice, no form). */
function leavesOf(schema: unknown, path: Leaf["path"] = []): Leaf[] {
  if (typeof schema !== "object" || schema === null || path.length > 6) return [];
  const node = schema as Record<string, unknown>;
  if (node.type === "string") {
    const isChosen = node.enum !== undefined || node.const !== undefined ||
      node.format !== undefined;
    return isChosen ? [] : [{ path, longest: Number(node.maxLength ?? 200) }];
  }
  const properties = Object.entries((node.properties ?? {}) as Record<string, unknown>)
    .flatMap(([name, below]) => leavesOf(below, [...path, name]));
  const variants = [...(node.anyOf ?? []) as unknown[], ...(node.oneOf ?? []) as unknown[]]
    .flatMap((below) => leavesOf(below, path));
  const items = node.items === undefined ? [] : leavesOf(node.items, [...path, 0]);
  const all = [...properties, ...variants, ...items];
  return all.filter((leaf, i) =>
    all.findIndex((other) => other.path.join(".") === leaf.path.join(".")) === i
  );
}

/** Refused so often in the beginning, a field takes only what has its form. */
const PATIENCE = 8;

/** A body's schema in one piece: without names there are no references. */
function inlined(body: z.ZodType) {
  return z.toJSONSchema(body, {
    io: "input",
    unrepresentable: "any",
    metadata: z.registry<object>(),
  });
}

/** Puts every text into every text field of every JSON body, the new things first. */
export async function putIntoBodies(texts: readonly string[], tools: Tools): Promise<Tally[]> {
  const order = ["post", "put", "patch"];
  const routes = [...tools.under.app.routes()]
    .filter((route) => route.body && route.example?.body !== undefined)
    .sort((a, b) => endsWhat(a) - endsWhat(b))
    .sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method));
  const out: Tally[] = [];
  for (const route of routes) {
    const schema = inlined(route.body!);
    const paths = await targetsOf(route, tools);
    for (const leaf of leavesOf(schema)) {
      out.push(await putIntoField(texts, route, leaf, paths, tools));
    }
  }
  return out;
}

/** What is over takes no more; with a ticket its alarm is over too. */
function endsWhat({ path }: Route): number {
  if (!path.endsWith("/resolve")) return 0;
  return path.startsWith("/api/tickets/") ? 2 : 1;
}

async function putIntoField(
  texts: readonly string[],
  route: Route,
  leaf: Leaf,
  paths: readonly string[],
  tools: Tools,
): Promise<Tally> {
  const input = `${route.method} ${route.path} ${leaf.path.join(".")}`;
  const tally: Tally = { input, tried: 0, taken: 0, failed: [] };
  const own = FREE_TEXTS.includes(input) ? texts : someOf(texts);
  for (const [n, text] of own.entries()) {
    if (tally.taken === 0 && tally.tried >= PATIENCE) break;
    const body = JSON.stringify(withText(route, leaf, text, n));
    const answer = await ask(tools, route.method, paths[n % paths.length], { body });
    tally.tried++;
    if (answer.ok) tally.taken++;
    if (answer.status >= 500) {
      tally.failed.push(`${input}: ${answer.status} ${JSON.stringify(answer.json)} for ${text}`);
    }
  }
  return tally;
}

/** The example with a text in one field; names of things to be made are made different. */
function withText(route: Route, { path, longest }: Leaf, text: string, n: number): unknown {
  const body = structuredClone(route.example!.body) as Record<string, unknown>;
  // A window is for a place that is there.
  const made = ["name", "email", ...(route.path === "/api/maintenance" ? [] : ["path"])];
  for (const name of made) {
    if (typeof body[name] === "string" && path[0] !== name) body[name] = different(body[name], n);
  }
  let at = body as Record<string | number, unknown>;
  path.forEach((part, i) => {
    if (i === path.length - 1) {
      // Names that are each one's own: all of them are taken by what was made.
      const own = route.method === "patch" && path.join() === "name" ? ` ${nextMark()}` : "";
      at[part] = text.slice(0, longest - own.length) + own;
    } else {
      at[part] ??= typeof path[i + 1] === "number" ? [] : {};
      at = at[part] as Record<string | number, unknown>;
    }
  });
  return body;
}

let made = 0;
const nextMark = () => ++made;

function different(text: unknown, n: number): string {
  const mark = `${n}-${nextMark()}`;
  return String(text).includes("@") ? `x${mark}@example.org` : `${text}-${mark}`;
}

/** Addresses to send a body to: one for each thing of the route's list, else the example's own. */
async function targetsOf(route: Route, tools: Tools): Promise<string[]> {
  const [, list, parameter, rest] = /^(\/api\/[^:]+)\/:(\w+)(?:\{[^}]*\})?(.*)$/.exec(route.path) ??
    [];
  const hasList = list !== undefined && rest !== undefined && !rest.includes(":") &&
    tools.under.app.routes().some((r) => r.method === "get" && r.path === list);
  const ids = hasList && parameter !== "key" ? await idsOf(list, tools) : [];
  if (ids.length === 0) return [pathOf(route, tools.ids)];
  return ids.map((id) => `${list}/${encodeURIComponent(id)}${rest}`);
}

/** Ids (paths of machines) of a list's first page. */
export async function idsOf(list: string, tools: Tools): Promise<string[]> {
  const whole = await ask(tools, "GET", `${list}?limit=200`);
  const { json } = whole.ok ? whole : await ask(tools, "GET", list);
  const items = (json?.items ?? []) as Record<string, unknown>[];
  return items.map((item) => String(item.path ?? item.id)).filter((id) => id !== "undefined");
}
