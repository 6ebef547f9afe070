/** Pairs of commands that change the same thing, and some that only seem to. */
import { fileOf } from "../../../lib/cameras/images/image.ts";
import { picture } from "../pictures.ts";
import type { Answer, PersonName, World } from "./world.ts";

/** A command of somebody. */
export type Command = (world: World, who: PersonName) => Promise<Answer>;

export interface Pair {
  name: string;
  /** Gives two commands on the same thing each time, about `n` times. */
  prepare(world: World, n: number): Promise<() => Promise<[Command, Command]>>;
  /** One of those that are met most: tried more. */
  often?: boolean;
  /** Both may go well: they are about different things, or add to the same. */
  both?: boolean;
}

const call = (method: string, path: string, body?: unknown): Command => (world, who) =>
  world.ask(who, method, path, body);
const post = (path: string, body: unknown = {}) => call("POST", path, body);

/** Each interleaving has a thing of its own. */
function each(
  name: string,
  make: (world: World) => Promise<[Command, Command]>,
  both = false,
): Pair {
  return {
    name,
    both,
    prepare: (world) => Promise.resolve(() => make(world)),
  };
}

/** All of them about the same thing, which is still there afterwards. */
function again(
  name: string,
  make: (world: World) => Promise<() => [Command, Command]>,
): Pair {
  return {
    name,
    async prepare(world) {
      const next = await make(world);
      return () => Promise.resolve(next());
    },
  };
}

const taken = (pairs: [Command, Command][]) => () => Promise.resolve(pairs.shift()!);
const twice = (command: Command) => Promise.resolve<[Command, Command]>([command, command]);

let words = 0;
/** Something that nobody said before. */
const word = () => `word-${++words}`;

type Of = { alarm: string; ticket: string };
const ALARM = {
  ack: ({ alarm }: Of) => post(`/api/alarms/${alarm}/ack`),
  resolve: ({ alarm }: Of) => post(`/api/alarms/${alarm}/resolve`, { note: word() }),
  shelve: ({ alarm }: Of) => post(`/api/alarms/${alarm}/shelve`, { minutes: 60, reason: word() }),
  unshelve: ({ alarm }: Of) => post(`/api/alarms/${alarm}/unshelve`),
  judge: ({ alarm }: Of) => post(`/api/alarms/${alarm}/verdict`, { verdict: "real" }),
  say: ({ alarm }: Of) => post(`/api/alarms/${alarm}/comments`, { text: word() }),
  show: ({ alarm }: Of) => post(`/api/alarms/${alarm}/attachments?name=a.txt`, word()),
} satisfies Record<string, (of: Of) => Command>;
const TICKET = {
  start: ({ ticket }: Of) => post(`/api/tickets/${ticket}/start`),
  resolve: ({ ticket }: Of) => post(`/api/tickets/${ticket}/resolve`, { note: word() }),
  close: ({ ticket }: Of) => post(`/api/tickets/${ticket}/close`),
  reopen: ({ ticket }: Of) => post(`/api/tickets/${ticket}/reopen`),
  edit: ({ ticket }: Of) => call("PATCH", `/api/tickets/${ticket}`, { title: word() }),
  say: ({ ticket }: Of) => post(`/api/tickets/${ticket}/comments`, { text: word() }),
  show: ({ ticket }: Of) => post(`/api/tickets/${ticket}/attachments?name=a.txt`, word()),
} satisfies Record<string, (of: Of) => Command>;

/** On an alarm and its ticket; `first` is done to each before. */
function alarming(
  a: (of: Of) => Command,
  b: (of: Of) => Command,
  { both = false, first = [] as string[] } = {},
): Omit<Pair, "name"> {
  return {
    both,
    async prepare(world, n) {
      const things = await world.alarms(n);
      for (const { alarm, ticket } of things) {
        for (const step of first) {
          const path = step.replace("ALARM", `alarms/${alarm}`).replace(
            "TICKET",
            `tickets/${ticket}`,
          );
          await world.did("POST", path, step.endsWith("shelve") ? { minutes: 9 } : {});
        }
      }
      return taken(things.map((of): [Command, Command] => [a(of), b(of)]));
    },
  };
}

/** On a ticket of its own. */
function ticketing(
  a: (of: Of) => Command,
  b: (of: Of) => Command,
  { both = false, first = [] as string[] } = {},
): Omit<Pair, "name"> {
  return each("", async (world) => {
    const { id } = await world.did("POST", "/api/tickets", { title: "Oil leaks" });
    for (const move of first) await world.did("POST", `/api/tickets/${id}/${move}`, {});
    const of = { alarm: "", ticket: id };
    return [a(of), b(of)];
  }, both);
}

const SHELVED = { first: ["/api/ALARM/shelve"] };
const pairOf = (name: string, pair: Omit<Pair, "name">): Pair => ({ ...pair, name });

const ALARMS_AND_TICKETS: Pair[] = [
  pairOf("alarm: acknowledge, acknowledge", alarming(ALARM.ack, ALARM.ack)),
  pairOf("alarm: acknowledge, resolve", alarming(ALARM.ack, ALARM.resolve)),
  pairOf("alarm: acknowledge, shelve", alarming(ALARM.ack, ALARM.shelve)),
  pairOf("alarm: resolve, resolve", alarming(ALARM.resolve, ALARM.resolve)),
  pairOf("alarm: resolve, shelve", alarming(ALARM.resolve, ALARM.shelve)),
  pairOf("alarm: resolve, judge", alarming(ALARM.resolve, ALARM.judge)),
  pairOf("alarm: shelve, shelve", alarming(ALARM.shelve, ALARM.shelve)),
  pairOf("alarm: unshelve, unshelve", alarming(ALARM.unshelve, ALARM.unshelve, SHELVED)),
  pairOf("alarm: unshelve, resolve", alarming(ALARM.unshelve, ALARM.resolve, SHELVED)),
  pairOf("alarm resolved, its ticket started", alarming(ALARM.resolve, TICKET.start)),
  pairOf("alarm resolved, its ticket resolved", alarming(ALARM.resolve, TICKET.resolve)),
  pairOf("alarm resolved, its ticket edited", alarming(ALARM.resolve, TICKET.edit)),
  pairOf("alarm acknowledged, its ticket resolved", alarming(ALARM.ack, TICKET.resolve)),
  pairOf("alarm shelved, its ticket resolved", alarming(ALARM.shelve, TICKET.resolve)),
  pairOf("alarm unshelved, its ticket resolved", alarming(ALARM.unshelve, TICKET.resolve, SHELVED)),
  pairOf("alarm resolved, commented on", alarming(ALARM.resolve, ALARM.say)),
  pairOf("alarm resolved, a file attached", alarming(ALARM.resolve, ALARM.show)),
  pairOf("alarm resolved, its ticket commented on", alarming(ALARM.resolve, TICKET.say)),
  pairOf(
    "alarm acknowledged, its ticket started",
    alarming(ALARM.ack, TICKET.start, { both: true }),
  ),
  pairOf("alarm shelved, its ticket edited", alarming(ALARM.shelve, TICKET.edit, { both: true })),
  pairOf("ticket: start, start", ticketing(TICKET.start, TICKET.start)),
  pairOf("ticket: start, resolve", ticketing(TICKET.start, TICKET.resolve)),
  pairOf("ticket: start, edit", ticketing(TICKET.start, TICKET.edit)),
  pairOf("ticket: edit, edit", ticketing(TICKET.edit, TICKET.edit)),
  pairOf("ticket: edit, resolve", ticketing(TICKET.edit, TICKET.resolve)),
  pairOf("ticket: resolve, resolve", ticketing(TICKET.resolve, TICKET.resolve)),
  pairOf("ticket: close, reopen", ticketing(TICKET.close, TICKET.reopen, { first: ["resolve"] })),
  pairOf("ticket: reopen, edit", ticketing(TICKET.reopen, TICKET.edit, { first: ["resolve"] })),
  pairOf("ticket resolved, commented on", ticketing(TICKET.resolve, TICKET.say)),
  pairOf(
    "ticket closed, commented on",
    ticketing(TICKET.close, TICKET.say, { first: ["resolve"] }),
  ),
  pairOf(
    "ticket closed, a file attached",
    ticketing(TICKET.close, TICKET.show, { first: ["resolve"] }),
  ),
  pairOf("ticket: two comments", ticketing(TICKET.say, TICKET.say, { both: true })),
  each("comment: edit, edit", async (world) => {
    const path = await commentOf(world, "Ada");
    const edit = (text: string): Command => (w) => w.ask("Ada", "PATCH", path, { text });
    return [edit(word()), edit(word())];
  }),
  each("comment: edit, delete", async (world) => {
    const path = await commentOf(world, "Ada");
    return [
      (w) => w.ask("Ada", "PATCH", path, { text: word() }),
      (w) => w.ask("Ben", "DELETE", path),
    ];
  }),
  each("attachment: delete, delete", async (world) => {
    const { id } = await world.did("POST", "/api/tickets", { title: "Oil leaks" });
    const base = `/api/tickets/${id}/attachments`;
    const file = await world.did("POST", `${base}?name=a.txt`, "12:04 83.4");
    const remove = call("DELETE", `${base}/${file.id}`);
    return [remove, remove];
  }),
  pairOf("alarm: two tickets for one", {
    async prepare(world, n) {
      await world.did("PATCH", "/api/settings/tickets.automatic", { value: false });
      const things = await world.alarms(n, false);
      await world.did("PATCH", "/api/settings/tickets.automatic", { value: true });
      return taken(things.map(({ alarm }): [Command, Command] => {
        const open = post("/api/tickets", { title: word(), alarm });
        return [open, open];
      }));
    },
  }),
  pairOf("alarm resolved, a ticket opened for it", {
    async prepare(world, n) {
      await world.did("PATCH", "/api/settings/tickets.automatic", { value: false });
      const things = await world.alarms(n, false);
      await world.did("PATCH", "/api/settings/tickets.automatic", { value: true });
      return taken(things.map((of): [Command, Command] => [
        ALARM.resolve(of),
        post("/api/tickets", { title: word(), alarm: of.alarm }),
      ]));
    },
  }),
];

async function commentOf(world: World, who: PersonName): Promise<string> {
  const { id } = await world.did("POST", "/api/tickets", { title: "Oil leaks" });
  const base = `/api/tickets/${id}/comments`;
  const { body } = await world.ask(who, "POST", base, { text: "first" });
  return `${base}/${(body as { id: number }).id}`;
}

/** A thing that is added, edited and deleted: all three pairs of it. */
function edited(
  name: string,
  add: (world: World) => Promise<string>,
  edit: (path: string) => Command,
): Pair[] {
  const remove = (path: string) => call("DELETE", path);
  return [
    again(`${name}: edit, edit`, async (world) => {
      const path = await add(world);
      return () => [edit(path), edit(path)];
    }),
    each(`${name}: edit, delete`, async (world) => {
      const path = await add(world);
      return [edit(path), remove(path)];
    }),
    each(`${name}: delete, delete`, async (world) => {
      const path = await add(world);
      return [remove(path), remove(path)];
    }),
  ];
}

const patch = (body: () => unknown) => (path: string) => call("PATCH", path, body());
const rule = () => ({ name: word(), recipients: [{ channel: "*" }] });
const hook = (world: World) => ({
  kind: "mqtt",
  name: world.fresh("hook"),
  options: { topic: "perch/out" },
});
/** Off: nothing is started for it. */
const pattern = (world: World) => ({
  kind: "test_pattern",
  name: world.fresh("camera"),
  enabled: false,
});
const dashboardOf = async (world: World) => {
  await roomForDashboard(world);
  const { id } = await world.did("POST", "/api/dashboards", { title: "Hall", shared: true });
  return `/api/dashboards/${id}`;
};
const linkOf = async (world: World) => {
  await roomForDashboard(world);
  const { id } = await world.did("POST", "/api/dashboards", { title: "Hall", shared: true });
  return { name: "Wall", dashboard: id };
};
const machine = async (world: World) => {
  const path = world.fresh("hall/machine");
  const { id } = await world.did("POST", "/api/machines", { path });
  return `/api/machines/${id}`;
};
const sensorAt = async (world: World) => {
  const { id, machine } = await world.did("POST", "/api/sensors", {
    name: `${world.fresh("hall/machine")}/load`,
  });
  return { path: `/api/sensors/${id}`, machine: `/api/machines/${encodeURIComponent(machine)}` };
};

const THINGS: Pair[] = [
  ...edited(
    "rule",
    async (world) => `/api/rules/${(await world.did("POST", "/api/rules", rule())).id}`,
    patch(() => ({ name: word() })),
  ),
  ...edited(
    "channel",
    channelOf,
    patch(() => ({ name: word() })),
  ),
  each("channel: switch off, edit", async (world) => {
    const path = await channelOf(world);
    return [call("PATCH", path, { enabled: false }), call("PATCH", path, { name: word() })];
  }),
  each("channel: two of one name", async (world) => {
    await roomForChannel(world);
    return await twice(post("/api/channels", hook(world)));
  }),
  ...edited("dashboard", dashboardOf, patch(() => ({ title: word() }))),
  each("kiosk link: revoke, revoke", async (world) => {
    const { id } = await world.did("POST", "/api/kiosk-links", await linkOf(world));
    return await twice(call("DELETE", `/api/kiosk-links/${id}`));
  }),
  each("dashboard deleted, a link made for it", async (world) => {
    const link = await linkOf(world);
    return [
      call("DELETE", `/api/dashboards/${link.dashboard}`),
      post("/api/kiosk-links", link),
    ];
  }),
  ...edited("camera", cameraOf, patch(() => ({ name: word() }))),
  each("camera: aim, edit", async (world) => {
    const path = await cameraOf(world);
    const settings = { keep_days: 1 + ++words % 30 };
    return [call("PATCH", path, { machine: "" }), call("PATCH", path, { settings })];
  }),
  each("picture of a camera: remove, remove", async (world) => {
    const path = await cameraOf(world);
    return await twice(call("DELETE", `${path}/images/${await keptOf(world, path)}`));
  }),
  each("camera: two of one name", async (world) => {
    await roomForCamera(world);
    return await twice(post("/api/cameras", pattern(world)));
  }),
  ...edited("control", controlOf, patch(() => ({ name: word() }))),
  each("control: order, order", async (world) => {
    const path = await controlOf(world);
    return [post(path, { value: true }), post(path, { value: false })];
  }, true),
  ...edited("command rule", commandRuleOf, patch(() => ({ name: word() }))),
  ...edited("webhook", webhookOf, patch(() => ({ name: word() }))),
  again("webhook: rotate, rotate", async (world) => {
    const path = await webhookOf(world);
    return () => [post(`${path}/rotate`), post(`${path}/rotate`)];
  }),
  again("webhook: rotate, edit", async (world) => {
    const path = await webhookOf(world);
    return () => [post(`${path}/rotate`), call("PATCH", path, { severity: "warning" })];
  }),
  ...edited("machine", machine, patch(() => ({ notes: word() }))),
  each("machine: move, move", async (world) => {
    const path = await machine(world);
    const move = () => call("PATCH", path, { path: world.fresh("yard/machine") });
    return [move(), move()];
  }),
  each("machine: move, edit", async (world) => {
    const path = await machine(world);
    return [
      call("PATCH", path, { path: world.fresh("yard/machine") }),
      call("PATCH", path, { notes: word() }),
    ];
  }),
  each(
    "machine: two of one path",
    (world) => twice(post("/api/machines", { path: world.fresh("hall/machine") })),
  ),
  again("machine: two photos", async (world) => {
    const path = await machine(world);
    const photo = call("PUT", `${path}/photo`, picture("png"));
    return () => [photo, photo];
  }),
  ...edited(
    "sensor",
    async (world) => (await sensorAt(world)).path,
    patch(() => ({ warning_high: ++words })),
  ),
  each("sensor: limits, name", async (world) => {
    const { path } = await sensorAt(world);
    return [
      call("PATCH", path, { critical_high: 90 }),
      call("PATCH", path, { name: `${world.fresh("hall/machine")}/other` }),
    ];
  }),
  each("sensor edited, its machine deleted", async (world) => {
    const { path, machine } = await sensorAt(world);
    return [call("PATCH", path, { display_name: word() }), call("DELETE", machine)];
  }),
  each("sensor edited, its machine moved", async (world) => {
    const { path, machine } = await sensorAt(world);
    return [
      call("PATCH", path, { display_name: word() }),
      call("PATCH", machine, { path: world.fresh("yard/machine") }),
    ];
  }),
  each("sensor added, its machine deleted", async (world) => {
    const path = world.fresh("hall/machine");
    const { id } = await world.did("POST", "/api/machines", { path });
    return [post("/api/sensors", { name: `${path}/load` }), call("DELETE", `/api/machines/${id}`)];
  }),
  each("maintenance window: delete, delete", async (world) => {
    const { id } = await world.did("POST", "/api/maintenance", {
      path: "",
      title: "Cleaning",
      timing: { kind: "once", from: 1, to: 2 },
    });
    const remove = call("DELETE", `/api/maintenance/${id}`);
    return [remove, remove];
  }),
  each("anomaly: two verdicts", async (world) => {
    const id = await world.anomaly();
    const say = (verdict: string) => post(`/api/anomalies/${id}/feedback`, { verdict });
    return [say("real"), say("false_alarm")];
  }),
  again("setting: set, set", () => Promise.resolve(() => [setting(), setting()])),
  {
    name: "setting: set, back to the default",
    async prepare(world) {
      await world.did("PATCH", SETTING, { value: 7 });
      return () => Promise.resolve([setting(), call("PATCH", SETTING, { value: null })]);
    },
  },
];

const SETTING = "/api/settings/alarms.repeat_minutes";
const setting = () => call("PATCH", SETTING, { value: 1 + ++words % 30 });

/** There may be 50. */
async function roomForChannel(world: World): Promise<void> {
  const { items } = await world.did("GET", "/api/channels");
  if (items.length < 40) return;
  for (const { id } of items) await world.did("DELETE", `/api/channels/${id}`);
}

/** There may be 50 of a person. Links keep their dashboard. */
async function roomForDashboard(world: World): Promise<void> {
  const { items } = await world.did("GET", "/api/dashboards");
  if (items.length < 40) return;
  const links = await world.did("GET", "/api/kiosk-links");
  for (const { id, revoked_ms } of links.items) {
    if (revoked_ms === null) await world.did("DELETE", `/api/kiosk-links/${id}`);
  }
  for (const { id } of items) await world.did("DELETE", `/api/dashboards/${id}`);
}

/** There may be 32. */
async function roomForCamera(world: World): Promise<void> {
  const { items } = await world.did("GET", "/api/cameras");
  if (items.length < 25) return;
  for (const { id } of items) await world.did("DELETE", `/api/cameras/${id}`);
}

async function cameraOf(world: World): Promise<string> {
  await roomForCamera(world);
  return `/api/cameras/${(await world.did("POST", "/api/cameras", pattern(world))).id}`;
}

async function roomFor(world: World, list: string, most: number): Promise<void> {
  const { items } = await world.did("GET", `${list}${most > 100 ? "?limit=500" : ""}`);
  if (items.length < most) return;
  for (const { id } of items) await world.did("DELETE", `${list}/${id}`);
}

/** A switch without a sensor; whether anybody hears it does not matter. */
async function controlOf(world: World): Promise<string> {
  await roomFor(world, "/api/commands/targets", 400);
  const { path } = await world.did("POST", "/api/machines", { path: world.fresh("yard/lamp") });
  const { id } = await world.did("POST", "/api/commands/targets", {
    ...{ name: "Lamp", machine: path, kind: "switch", way: { topic: "cmnd/lamp" } },
    settings: { min_interval_s: 0 },
  });
  return `/api/commands/targets/${id}`;
}

async function commandRuleOf(world: World): Promise<string> {
  await roomFor(world, "/api/command-rules", 80);
  const target = (await controlOf(world)).split("/").at(-1)!;
  const hours = { days: ["mon"], start: "06:00", end: "07:00" };
  const rule = { name: world.fresh("rule"), target, value: true, hours };
  return `/api/command-rules/${(await world.did("POST", "/api/command-rules", rule)).id}`;
}

/** The time of a picture that was kept; its file does not matter. */
async function keptOf(world: World, path: string): Promise<number> {
  const cameraId = path.split("/").at(-1)!;
  const tMs = Date.now();
  await world.parts.storage.db.write([{
    sql: "insert into camera_images (camera_id, t_ms, file, bytes, width, height, reason) " +
      "values (?, ?, ?, 5, 16, 8, 'asked')",
    args: [cameraId, tMs, fileOf(cameraId, tMs)],
  }]);
  return tMs;
}

async function channelOf(world: World): Promise<string> {
  await roomForChannel(world);
  return `/api/channels/${(await world.did("POST", "/api/channels", hook(world))).id}`;
}

async function webhookOf(world: World): Promise<string> {
  await roomForChannel(world);
  const hook = { name: world.fresh("hook"), url: "http://127.0.0.1:9/", events: ["ticket"] };
  return `/api/webhooks/${(await world.did("POST", "/api/webhooks", hook)).id}`;
}

const person = async (world: World, role = "viewer") => {
  const email = `${world.fresh("person")}@example.org`;
  const { id } = await world.did("POST", "/api/users", { email, role, name: "P" });
  return { email, id, path: `/api/users/${id}` };
};
const key = async (world: World) => {
  const name = world.fresh("key");
  const { id } = await world.did("POST", "/api/keys", { name, role: "viewer" });
  return { name, path: `/api/keys/${id}` };
};
const isAda = (who: PersonName) => who === "Ada";

const PEOPLE_AND_KEYS: Pair[] = [
  again("person: role, role", async (world) => {
    const { path } = await person(world);
    return () => [
      call("PATCH", path, { role: "engineer" }),
      call("PATCH", path, { role: "viewer" }),
    ];
  }),
  again("person: role, name", async (world) => {
    const { path } = await person(world);
    return () => [call("PATCH", path, { role: "engineer" }), call("PATCH", path, { name: word() })];
  }),
  each("person: disable, role", async (world) => {
    const { path } = await person(world);
    return [call("PATCH", path, { state: "disabled" }), call("PATCH", path, { role: "engineer" })];
  }),
  each("person: delete, role", async (world) => {
    const { path } = await person(world);
    return [call("DELETE", path), call("PATCH", path, { role: "engineer" })];
  }),
  each("person: delete, delete", async (world) => {
    const { path } = await person(world);
    return [call("DELETE", path), call("DELETE", path)];
  }),
  again("person: one's own name, the role", (world) =>
    Promise.resolve(() => [
      (w, who) => w.ask(who, "PATCH", "/api/users/me", { name: who }),
      (w, who) => {
        const other = isAda(who) ? "Ben" : "Ada";
        return w.ask(who, "PATCH", `/api/users/${world.ids[other]}`, { role: "admin" });
      },
    ])),
  each("person: two of one address", (world) => {
    const email = `${world.fresh("person")}@example.org`;
    return twice(post("/api/users", { email, role: "viewer" }));
  }),
  each("key: revoke, revoke", async (world) => {
    const { path } = await key(world);
    return [call("DELETE", path), call("DELETE", path)];
  }),
  each("key: revoked, and from the command line", async (world) => {
    const { path, name } = await key(world);
    return [call("DELETE", path), line((w) => w.control.removeKey({ nameOrId: name }))];
  }),
  each("person: role, disabled from the command line", async (world) => {
    const { path, email } = await person(world);
    return [
      call("PATCH", path, { role: "engineer" }),
      line((w) => w.control.changeUser({ email, state: "disabled" })),
    ];
  }),
  again("setting: set, and from the command line", () =>
    Promise.resolve(() => [
      setting(),
      line((w) => w.control.setSetting({ key: "alarms.repeat_minutes", value: 1 + ++words % 30 })),
    ])),
];

/** What the command line does while Perch runs, answered as over HTTP. */
function line(run: (world: World) => Promise<unknown>): Command {
  return (world) => world.line(() => run(world));
}

const OFTEN = new Set([
  "alarm: acknowledge, acknowledge",
  "alarm: resolve, shelve",
  "alarm resolved, its ticket resolved",
  "ticket: edit, edit",
  "ticket resolved, commented on",
  "rule: edit, edit",
  "channel: edit, edit",
  "machine: edit, edit",
  "sensor: edit, edit",
  "setting: set, set",
  "person: role, role",
  "key: revoke, revoke",
]);

export const PAIRS: readonly Pair[] = [...ALARMS_AND_TICKETS, ...THINGS, ...PEOPLE_AND_KEYS]
  .map((pair) => ({ ...pair, often: OFTEN.has(pair.name) }));
