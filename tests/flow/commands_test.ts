/** Orders to a simulated lamp at a real mosquitto, by a person and by a rule; and at Perch's own broker, who may. */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { createCameraOutputs } from "../../lib/app/camera_output.ts";
import { connectAsync } from "mqtt";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Role } from "../../lib/access/identity.ts";
import { SCOPES } from "../../lib/access/policy.ts";
import type { CommandView } from "../../lib/commands/command.ts";
import { newTargetShape, type TargetSettings } from "../../lib/commands/target.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { connectLamp } from "../support/lamp.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";

const ignore = !haveMosquitto();
const tester = systemActor("test");
const LAMP = {
  ...{ name: "Lamp", kind: "switch", sensor: "hall-1/lamp/power" },
  way: { topic: "cmnd/lamp" },
};

/** What a key that may command gets for an answer. */
async function commander({ parts, url }: RunningApp) {
  const wanted = { name: "commander", role: "engineer" as const, scopes: ["command", "read"] };
  const { key } = await parts.access.keys.add(wanted, tester);
  return async (path: string, body?: unknown) => {
    const answer = await fetch(url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  };
}

function setUp(
  { parts: { commands, access } }: RunningApp,
  settings: Partial<TargetSettings> = {},
) {
  const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
  const given = { ...LAMP, settings: { min_interval_s: 0, confirm_s: 1, ...settings } };
  return commands.targets.add(newTargetShape.parse(given), audited);
}

const ended = (app: RunningApp, id: string) =>
  until(`the end of ${id}`, async () => {
    const command = await app.parts.commands.find(id);
    return command.state === "sent" ? null : command;
  });

/** A rule is asked about what comes, when it comes: everything that happened is in the log in its order. */
const states = async (app: RunningApp) =>
  (await app.parts.commands.list({})).items.reverse().map(({ state }) => state);

Deno.test({
  name:
    "commands: a lamp at mosquitto is switched by a person and by rules; nothing is retained or sent twice",
  ignore,
  async fn() {
    await using broker = await startMosquitto();
    const app = await runApp({ MQTT_URL: `mqtt://127.0.0.1:${broker.port}` });
    try {
      const { commands, registry } = app.parts;
      const ask = await commander(app);
      await using lamp = await connectLamp(broker.port);
      await until("connection", () => app.parts.sources[0].state().state === "connected" || null);
      await lamp.report("factory/hall-1/lamp/power", "OFF");
      await lamp.report("factory/hall-1/room/temperature", "25");
      await until("sensors", () => registry.all().length === 2 || null);
      const target = await setUp(app);

      // By a person.
      const sent = await ask("/api/sensors/hall-1/lamp/power/command", { value: true });
      assert.equal(sent.status, 201, JSON.stringify(sent.body));
      assert.equal((await ended(app, sent.body.id)).state, "confirmed");
      assert.deepEqual(lamp.told.map(({ payload }) => payload), ["ON"]);

      // By a camera that does not come back.
      const outputs = createCameraOutputs(commands, app.parts.access);
      for (const on of [false, true]) assert.equal(await outputs.switchOutput(target.id, on), null);
      assert.deepEqual(lamp.told.splice(1).map(({ payload }) => payload), ["OFF", "ON"]);
      assert.match((await commands.list({ limit: 1 })).items[0].by, /camera/);
      assert.match(outputs.outputFault("nothing")!, /no control "nothing"/);

      // By a rule, each time it becomes true; two that would go round are limited, and that is said.
      const cold = await ask("/api/command-rules", {
        ...{ name: "Warm", target: target.id, value: false, every_s: 3600 },
        when: { is: "below", sensor: "hall-1/room/temperature", value: 20, hysteresis: 2 },
      });
      assert.equal(cold.status, 201, JSON.stringify(cold.body));
      for (const value of ["19", "21", "18"]) {
        await lamp.report("factory/hall-1/room/temperature", value);
      }
      await until("the rule's order", () => lamp.told.length === 2 || null);
      await ended(app, (await commands.list({ limit: 1 })).items[0].id);
      const round = (name: string, is: "on" | "off") =>
        ask("/api/command-rules", {
          ...{ name, target: target.id, value: is === "off", every_s: 3600 },
          when: { is, sensor: "hall-1/lamp/power" },
        });
      await round("On again", "off");
      const circle = await round("Off again", "on");
      assert.deepEqual(circle.body.warnings, [
        "Its order can start it again, by way of On again",
      ]);
      await ask(`/api/commands/targets/${target.id}`, { value: true });
      const held = await until("the circle", async () => {
        const { items } = await app.parts.events.list({ types: ["command.rule_held"] });
        return items.length > 0 ? items : null;
      });
      assert.match(held[0].text, /wants to give its order more often than once in 3600 s/);
      // On by a person, off and on by the rules.
      assert.deepEqual(lamp.told.map(({ payload }) => payload).slice(2), ["ON", "OFF", "ON"]);
      const [newest] = (await app.parts.commands.list({ limit: 1 })).items;
      assert.deepEqual([newest.by, newest.rule === null], ["On again", false]);
      await ended(app, newest.id);

      // A lamp that does not answer, and a broker that is away: said at once, and never made up for.
      for (const { id } of commands.rules.all()) await commands.rules.remove(id, () => NOTHING);
      lamp.deaf(true);
      const deaf = await ask(`/api/commands/targets/${target.id}`, { value: false });
      const { state, reason } = await ended(app, deaf.body.id);
      assert.deepEqual([state, reason], [
        "unconfirmed",
        "its state did not show it within 1 s; it is on",
      ]);
      const told = lamp.told.length;
      await broker.stop();
      await until(
        "no connection",
        () => app.parts.sources[0].state().state !== "connected" || null,
      );
      const away = await ask(`/api/commands/targets/${target.id}`, { value: false });
      assert.equal(away.status, 503);
      assert.match(away.body.detail, /^Lamp of hall-1\/lamp is not commanded: .*broker/);
      await broker.restart();
      await until("connection", () => app.parts.sources[0].state().state === "connected" || null);
      const after = await ask(`/api/commands/targets/${target.id}`, { value: true });
      assert.equal(after.status, 201);
      await until("the order after it", () => lamp.told.length > told || null);
      assert.deepEqual(lamp.told.slice(told).map(({ payload }) => payload), ["ON"]);
      assert.deepEqual(lamp.told.filter(({ retain, qos }) => retain || qos !== 1), []);
      await ended(app, after.body.id);
      assert.deepEqual(await states(app), [
        ...[
          "confirmed",
          "confirmed",
          "confirmed",
          "confirmed",
          "confirmed",
          "confirmed",
          "confirmed",
        ],
        ...["unconfirmed", "failed", "unconfirmed"],
      ]);

      // Whoever comes later is told nothing: the control is a message that is retained.
      const late = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
      const kept: string[] = [];
      late.on("message", (topic) => kept.push(topic));
      await late.publishAsync("control", "x", { retain: true, qos: 1 });
      await late.subscribeAsync(["cmnd/#", "control"], { qos: 1 });
      await until("the control", () => kept.length > 0 || null);
      await late.endAsync();
      assert.deepEqual(kept, ["control"]);
    } finally {
      await app.stop();
    }
  },
});

const NOTHING = { sql: "select 1" };

Deno.test("commands: bad values and interlocks are each one clear answer, and nothing is sent", async () => {
  const app = await runApp();
  try {
    const ask = await commander(app);
    await app.ingest([
      { machine: "hall-1/lamp", sensor: "power", value: false },
      { machine: "hall-1/lamp", sensor: "level", value: 10 },
      { machine: "hall-1/lamp", sensor: "mode", value: "day" },
      { machine: "hall-1/lamp", sensor: "door", value: true },
    ]);
    await using lamp = await connectLamp(app.parts.broker!.port());
    const { commands, machines, access } = app.parts;
    const target = await setUp(app);
    const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
    const add = (given: object) =>
      commands.targets.add(newTargetShape.parse({ name: "x", way: LAMP.way, ...given }), audited);
    await add({ kind: "number", sensor: "hall-1/lamp/level", min: 0, max: 100, step: 5 });
    await add({ kind: "select", sensor: "hall-1/lamp/mode", options: ["day", "night"] });
    const bad: [string, unknown, RegExp][] = [
      ["power", { value: "on" }, /^value: must be true or false; it is "on"$/],
      ["level", { value: 105 }, /^value: must be from 0 to 100; it is 105$/],
      ["level", { value: 7 }, /^value: must be 0 or some steps of 5 from it; it is 7$/],
      ["level", { value: "7" }, /^value: must be a number from 0 to 100; it is "7"$/],
      ["mode", { value: "dusk" }, /^value: must be one of day, night; it is "dusk"$/],
      ["power", {}, /value/],
      ["power", { value: true, retain: true }, /retain/],
    ];
    for (const [sensor, body, message] of bad) {
      const answer = await ask(`/api/sensors/hall-1/lamp/${sensor}/command`, body);
      assert.equal(answer.status, 400, JSON.stringify(answer.body));
      assert.match(answer.body.detail, message);
    }
    const path = `/api/commands/targets/${target.id}`;
    const refused = async (status: number, message: RegExp) => {
      const answer = await ask(path, { value: true });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      assert.match(answer.body.detail, message);
    };
    const change = (settings: Partial<TargetSettings>) =>
      commands.targets.change(target.id, { settings }, audited);
    const none = await ask("/api/sensors/hall-1/lamp/door/command", { value: true });
    assert.deepEqual([none.status, /nothing is set up/.test(none.body.detail)], [404, true]);
    await change({ only_while: { is: "off", sensor: "hall-1/lamp/door" } });
    await refused(409, /only while hall-1\/lamp\/door is off; it is on$/);
    await change({ only_while: null, dangerous: true });
    await refused(409, /marked dangerous/);
    const rule = {
      name: "r",
      target: target.id,
      value: true,
      hours: { days: ["mon"], start: "06:00", end: "07:00" },
    };
    const ruled = await ask("/api/command-rules", rule);
    assert.match(ruled.body.detail, /^target: it is marked dangerous/);
    await change({ dangerous: false });
    const nowMs = Date.now();
    const timing = { kind: "once" as const, from: nowMs - 1_000, to: nowMs + 60_000 };
    const window = await machines.addWindow({ path: "hall-1", title: "Seals", timing }, audited);
    await refused(409, /its machine is in maintenance: Seals$/);
    await machines.removeWindow(window.id, audited);
    await change({ per_hour: 1 });
    assert.equal((await ask(path, { value: true })).status, 201);
    await refused(429, /1 times an hour; wait \d+ s$/);
    await until("the one order", () => lamp.told.length > 0 || null);
    assert.deepEqual(lamp.told.map(({ payload }) => payload), ["ON"]);
    await ended(app, (await commands.list({ limit: 1 })).items[0].id);
    const { items } = (await ask("/api/commands?limit=2")).body;
    assert.deepEqual(
      items.map(({ state }: CommandView) => state),
      ["confirmed", "refused"],
    );
    const audit = await access.audit.list({ action: "command" });
    assert.deepEqual(audit.items.map(({ action }) => action), [
      "command.send",
      "command.refused",
      "command.refused",
    ]);
  } finally {
    await app.stop();
  }
});

Deno.test("commands: what a device announces can be told, as it wants it, while it can be reached", async () => {
  const app = await runApp();
  try {
    const { commands, broker, access } = app.parts;
    const ask = await commander(app);
    const client = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`);
    clients.push(client);
    const told: [string, string][] = [];
    client.on("message", (topic, payload) => told.push([topic, payload.toString()]));
    await client.subscribeAsync("pump/set");
    const say = (topic: string, payload: string) =>
      client.publishAsync(topic, payload, { qos: 1, retain: topic.endsWith("/config") });
    const config = {
      ...{ name: "Speed", unique_id: "p1_speed", stat_t: "pump/speed", cmd_t: "pump/set" },
      ...{ cmd_tpl: '{"speed": {{ value }}}', min: 10, max: 60, step: 10, avty_t: "pump/alive" },
      // Perch keeps no order at the broker, whatever a device asks for.
      ...{ retain: true, dev: { ids: ["p1"], name: "Pump" } },
    };
    await say("homeassistant/number/p1/config", JSON.stringify(config));
    await say("pump/alive", "online");
    await say("pump/speed", "20");
    const target = await until("the target", () => {
      const [one] = commands.targets.all();
      return one !== undefined && commands.view(one).value !== null ? one : null;
    });
    const path = `/api/commands/targets/${target.id}`;
    const view = (await ask(path)).body;
    assert.deepEqual([view.kind, view.min, view.max, view.step, view.announced, view.ready], [
      ...["number", 10, 60, 10, true, true],
    ]);
    const { id } = app.parts.registry.find(view.sensor)!;
    assert.deepEqual((await ask(`/api/sensors/${id}`)).body.range, {
      ...{ low: 10, high: 60, guessed: false },
    });
    const sent = await ask(path, { value: 40 });
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    await until("the order", () => told.length > 0 || null);
    assert.deepEqual(told, [["pump/set", '{"speed": 40}']]);
    await say("pump/speed", "41");
    assert.equal((await ended(app, sent.body.id)).state, "confirmed", "within half a step");
    assert.equal((await ask(path, { value: 70 })).status, 400);

    // What a person sets of it holds over a new announcement and a restart of the directory's view.
    const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
    await commands.targets.change(target.id, { settings: { max: 50 } }, audited);
    await say("homeassistant/number/p1/config", JSON.stringify({ ...config, name: "Speed 2" }));
    await until(
      "its new form",
      () => commands.targets.find(target.id).spec.way !== target.spec.way || null,
    );
    const narrowed = await ask(path, { value: 60 });
    assert.match(narrowed.body.detail, /must be from 10 to 50; it is 60/);

    await say("pump/alive", "offline");
    await until("offline", async () => (await ask(path)).body.ready === false || null);
    const away = await ask(path, { value: 30 });
    assert.deepEqual([away.status, /cannot be reached/.test(away.body.detail)], [409, true]);
    await say("homeassistant/number/p1/config", "");
    await until("taken back", async () => (await ask(path)).status === 404 || null);
    assert.equal((await ask(path, { value: 30 })).status, 404);
    assert.equal(told.length, 1, "nothing else was sent");
    const events = (await app.parts.events.list({ types: ["command"] })).items.reverse();
    assert.deepEqual(events.map(({ type, text }) => [type, text]), [
      ["command.sent", "Speed of Pump: 40, ordered by commander"],
      ["command.confirmed", "Speed of Pump: 40, confirmed"],
      [
        "command.refused",
        "Speed 2 of Pump: 30, ordered by commander, refused: its device cannot be reached, " +
        "and would carry it out whenever it comes back",
      ],
    ]);
    assert.deepEqual(events.map(({ body }) => (body as { machine: string }).machine), [
      ...["Pump", "Pump", "Pump"],
    ]);
    const { items } = (await ask("/api/commands")).body;
    assert.deepEqual(items.map(({ state }: CommandView) => state), ["refused", "confirmed"]);
  } finally {
    for (const client of clients.splice(0)) await client.endAsync(true).catch(() => {});
    await app.stop();
  }
});

Deno.test("commands: roles × scopes × devices: who may order what, over HTTP and at the broker", async () => {
  const app = await runApp();
  try {
    const { access, broker, commands } = app.parts;
    await app.ingest(
      ["a", "b"].map((name) => ({ machine: `hall/${name}`, sensor: "on", value: false })),
    );
    const audited = (change: AuditChange) => access.audit.statement({ actor: tester, ...change });
    const targets = await Promise.all(["a", "b"].map((name) =>
      commands.targets.add(
        newTargetShape.parse({
          ...{ name, kind: "switch", sensor: `hall/${name}/on`, settings: { min_interval_s: 0 } },
          way: { topic: `factory/hall/${name}/set` },
        }),
        audited,
      )
    ));
    const may: Record<string, { key: string; may: boolean }> = {};
    const keyed = async (name: string, given: object, passes: boolean) => {
      may[name] = { key: (await access.keys.add({ name, ...given }, tester)).key, may: passes };
    };
    for (const role of ["viewer", "engineer", "admin"] as const satisfies Role[]) {
      await keyed(`${role} without scopes`, { role }, false);
      for (const scope of SCOPES) {
        const passes = scope === "command" && role !== "viewer";
        await keyed(`${role} ${scope}`, { role, scopes: [scope] }, passes);
      }
      const user = { email: `${role}@example.org`, role, password: "long enough" };
      await access.users.add(user, tester);
      const from = { ...tester, address: "127.0.0.1" };
      const { access_token } = await access.signIn.api({ ...user, from });
      may[role] = { key: access_token, may: role !== "viewer" };
    }
    for (const name of ["a", "b"]) {
      await keyed(`device ${name}`, { machine: `hall/${name}` }, false);
    }

    // What devices hear on the topics of both.
    const heard: Record<string, string[]> = { a: [], b: [] };
    for (const name of ["a", "b"]) {
      const auth = { username: `device ${name}`, password: may[`device ${name}`].key };
      const client = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`, auth);
      client.on("message", (topic) => heard[name].push(topic));
      client.on("error", () => {});
      await client.subscribeAsync("factory/hall/+/set").catch(() => {});
      await client.subscribeAsync(`factory/hall/${name}/set`).catch(() => {});
      clients.push(client);
    }
    let given = 0;
    for (const [who, { key, may: passes }] of Object.entries(may)) {
      const post = async (path: string, body: unknown) => {
        const answer = await fetch(app.url + path, {
          method: "POST",
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        await answer.body?.cancel();
        return answer.status;
      };
      for (const { id, name } of targets) {
        const expected = passes ? 201 : 403;
        const said = `${who} to ${name}`;
        assert.equal(await post(`/api/commands/targets/${id}`, { value: true }), expected, said);
        assert.equal(
          await post(`/api/sensors/hall/${name}/on/command`, { value: true }),
          expected,
          said,
        );
        const hours = { days: ["mon"], start: "06:00", end: "07:00" };
        const rule = { name: `${who} ${name}`, target: id, value: true, hours };
        assert.equal(await post("/api/command-rules", rule), expected, said);
        if (passes) given += 2;
      }
    }
    assert.equal(
      (await commands.list({ limit: 200 })).items.length,
      given,
      "each is in the history",
    );
    await until(
      "all orders",
      () => heard.a.length === given / 2 && heard.b.length === given / 2 || null,
    );
    assert.deepEqual(new Set(heard.a), new Set(["factory/hall/a/set"]), "a hears its own alone");

    // At the broker a device cannot play the one who orders another.
    const before = heard.b.length;
    const a = clients[0];
    const closed = new Promise<void>((resolve) => a.once("close", () => resolve()));
    await Promise.race([a.publishAsync("factory/hall/b/set", "OFF", { qos: 1 }), closed]).catch(
      () => {},
    );
    // What comes after it shows that it did not come.
    const order = await commands.order(targets[1].id, false, {
      ...{ actor: "system:test", name: "test", audited, confirmed: false },
    });
    assert.equal(order.state, "sent");
    await until("the order after it", () => heard.b.length > before || null);
    assert.equal(heard.b.length, before + 1);
  } finally {
    for (const client of clients.splice(0)) await client.endAsync(true).catch(() => {});
    await app.stop();
  }
});

const clients: Awaited<ReturnType<typeof connectAsync>>[] = [];
