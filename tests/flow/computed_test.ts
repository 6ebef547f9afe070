/** Computed sensors over the API, with readings as devices send them. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { until } from "../support/until.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

class Site {
  constructor(readonly under: AppUnderTest, private readonly key: string) {}

  static async start(): Promise<Site> {
    const under = await startApp();
    const { access } = under.app.parts();
    const { key } = await access.keys.add({ name: "t", role: "engineer" }, systemActor("test"));
    return new Site(under, key);
  }

  async ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: Json }> {
    const answer = await fetch(this.under.url + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === "" ? null : JSON.parse(text) };
  }

  async send(readings: [sensor: string, ts: number, value: number][]): Promise<void> {
    const sent = readings.map(([sensor, ts, value]) => ({ machine: "m", sensor, ts, value }));
    assert.equal((await this.ask("POST", "/api/ingest/batch", sent)).status, 200);
  }

  async add(name: string, spec: unknown, unit?: string): Promise<Json> {
    const { status, json } = await this.ask("POST", "/api/computed", { name, unit, spec });
    assert.equal(status, 201, JSON.stringify(json));
    return json;
  }

  async readings(name: string): Promise<[number, number][]> {
    const { json } = await this.ask("GET", `/api/readings?sensor=${name}&points=0&from=0`);
    return json.t.map((t: number, i: number) => [t, json.v[i]]);
  }

  async count(name: string, n: number): Promise<true | null> {
    return (await this.readings(name)).length === n || null;
  }

  /** Waits until a sensor's readings are these. */
  async becomes(name: string, expected: [number, number][]): Promise<void> {
    let found: [number, number][] = [];
    await until(`${name} is ${JSON.stringify(expected)}`, async () => {
      found = await this.readings(name);
      return JSON.stringify(found) === JSON.stringify(expected) || null;
    }).catch((error) => {
      assert.deepEqual(found, expected, String(error));
      throw error;
    });
  }
}

async function withSite(work: (site: Site, t: (i: number) => number) => Promise<void>) {
  const site = await Site.start();
  const startMs = Date.now() - 600_000;
  try {
    await work(site, (i) => startMs + i * 1000);
  } finally {
    await site.under.close();
  }
}

const of = (...names: string[]) => names.map((name) => ({ sensor: `m/${name}` }));

Deno.test("computed: history first, then live; late readings and another definition change what they touch", () =>
  withSite(async (site, t) => {
    await site.send([["in", t(0), 20], ["out", t(0), 5], ["in", t(1), 22], ["out", t(2), 6]]);
    const made = await site.add("m/diff", { how: "difference", inputs: of("in", "out") });
    assert.deepEqual(made.inputs.map((one: Json) => one.name), ["m/in", "m/out"]);
    await site.becomes("m/diff", [[t(0), 15], [t(1), 17], [t(2), 16]]);
    // A sensor that is computed from a computed one.
    await site.add("m/twice", {
      how: "expression",
      inputs: [{ name: "d", sensor: "m/diff" }],
      expression: "d * 2",
    });
    await site.becomes("m/twice", [[t(0), 30], [t(1), 34], [t(2), 32]]);
    await site.send([["in", t(3), 30]]);
    await site.send([["out", t(3), 1]]);
    await site.becomes("m/diff", [[t(0), 15], [t(1), 17], [t(2), 16], [t(3), 29]]);
    await site.becomes("m/twice", [[t(0), 30], [t(1), 34], [t(2), 32], [t(3), 58]]);
    const { json: sensor } = await site.ask("GET", "/api/sensors/m/diff");
    assert.equal(sensor.last.value, 29);
    // Late: what came after it is another result now, over both levels.
    await site.send([["out", t(1), 2]]);
    await site.becomes("m/diff", [[t(0), 15], [t(1), 20], [t(2), 16], [t(3), 29]]);
    await site.becomes("m/twice", [[t(0), 30], [t(1), 40], [t(2), 32], [t(3), 58]]);
    // Another definition replaces all of it.
    const changed = await site.ask("PUT", "/api/computed/m/diff", {
      how: "sum",
      inputs: of("in", "out"),
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.json));
    await site.becomes("m/diff", [[t(0), 25], [t(1), 24], [t(2), 28], [t(3), 31]]);
    await site.becomes("m/twice", [[t(0), 50], [t(1), 48], [t(2), 56], [t(3), 62]]);
  }));

Deno.test("computed: a sensor that depends on itself is refused with the names of the circle", () =>
  withSite(async (site, t) => {
    await site.send([["a", t(0), 1]]);
    await site.add("m/b", { how: "sum", inputs: of("a") });
    await site.add("m/c", { how: "sum", inputs: of("b") });
    const refused = await site.ask("PUT", "/api/computed/m/b", { how: "sum", inputs: of("c") });
    assert.equal(refused.status, 400);
    assert.equal(refused.json.errors[0].path, "inputs");
    assert.match(refused.json.detail, /it would depend on itself: m\/b → m\/c → m\/b/);
    const itself = await site.ask("PUT", "/api/computed/m/b", { how: "sum", inputs: of("b") });
    assert.match(itself.json.detail, /m\/b → m\/b/);
    const own = await site.ask("POST", "/api/computed", {
      name: "m/d",
      spec: { how: "sum", inputs: of("d") },
    });
    assert.match(own.json.detail, /there is no sensor "m\/d"/);
  }));

Deno.test("computed: a deleted input says so, restored it goes on; a renamed one stays the input", () =>
  withSite(async (site, t) => {
    await site.send([["p", t(0), 1000], ["p", t(60), 1000]]);
    await site.ask("PATCH", "/api/sensors/m/p", { unit: "W" });
    const made = await site.add("m/energy", { how: "total", inputs: of("p") });
    assert.equal(made.unit, "kWh");
    const kWh = (s: number) => Number((s / 3600).toPrecision(12));
    await until("the total", () => site.count("m/energy", 2));
    await site.ask("PATCH", "/api/sensors/m/p", { name: "m/power" });
    await site.send([["power", t(120), 1000]]);
    await until("the total goes on", () => site.count("m/energy", 3));
    await site.ask("DELETE", "/api/sensors/m/power");
    const { json } = await site.ask("GET", "/api/computed/m/energy");
    assert.equal(json.fault, "its input m/power was deleted");
    await site.ask("POST", `/api/sensors/${json.inputs[0].id}/restore`);
    await site.send([["power", t(180), 1000]]);
    await until("the total goes on", () => site.count("m/energy", 4));
    const last = (await site.readings("m/energy")).at(-1)!;
    assert.equal(Number(last[1].toPrecision(12)), kWh(180));
    const ended = await site.ask("DELETE", "/api/computed/m/energy");
    assert.equal(ended.status, 204);
    // Nobody reads along any more: the journal waits for nobody.
    const { readings } = site.under.app.parts().storage;
    await until("the cursor to go", async () => await readings.cursor("computed") === null || null);
    assert.equal((await site.readings("m/energy")).length, 4);
  }));

Deno.test("computed: a preview says what would come, and how often nothing would", () =>
  withSite(async (site, t) => {
    await site.send([["in", t(0), 20], ["in", t(5), 22], ["out", t(5), 2]]);
    const { json } = await site.ask("POST", "/api/computed/preview", {
      spec: { how: "difference", inputs: of("in", "out") },
    });
    assert.deepEqual([json.results, json.none, json.last], [1, 1, 20]);
    assert.equal((await site.ask("GET", "/api/computed")).json.items.length, 0);
  }));
