/** Detectors that people write: from a file in the data directory to an alarm and its end, in a running Perch. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { until } from "../support/until.ts";

const SENSOR = "yard/tank/level";
/** The example of the room's README. */
const EXAMPLE = /```js\n([\s\S]*?)```/.exec(
  Deno.readTextFileSync(join(import.meta.dirname!, "../../lib/detect/custom/README.md")),
)![1];

/** A fault detector that says what it is shown. */
const SEEN = `export const check = ({ components, tasks, readings }) =>
  readings.stored > 0 && tasks.some(({ name }) => name === "alarms")
    ? components.filter(({ name }) => name.startsWith("detector:loops"))
      .map(({ name }) => ({ severity: "low", message: "there is " + name }))
    : [];`;

async function withPerch(work: (app: RunningApp) => Promise<void>, dataDir: string): Promise<void> {
  const app = await runApp({ PERCH_DATA: dataDir });
  try {
    await work(app);
  } finally {
    await app.stop();
  }
}

async function put(
  app: RunningApp,
  dataDir: string,
  name: string,
  text: string,
  folder = "detectors",
) {
  await Deno.mkdir(join(dataDir, folder), { recursive: true });
  await Deno.writeTextFile(join(dataDir, folder, `${name}.js`), text);
  await app.parts.scripts.look();
}

/** Sends values one by one: each is a commit group. */
async function send(app: RunningApp, values: number[]): Promise<void> {
  for (const value of values) {
    await app.ingest([{ machine: "yard/tank", sensor: "level", value, unit: "l" }]);
  }
}

async function itemsOf<T>(app: RunningApp, path: string): Promise<T[]> {
  return (await (await app.ask(path)).json()).items;
}

const alarmThat = (app: RunningApp, is: (alarm: Alarm) => boolean) =>
  until("the alarm", async () => (await itemsOf<Alarm>(app, "/api/alarms")).find(is) ?? null);

Deno.test("a detector dropped into a running Perch raises an alarm that outlives a restart, and ends it", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-custom-" });
  let id = "";
  await withPerch(async (app) => {
    await send(app, [500]);
    await put(app, dataDir, "slow-leak", EXAMPLE);
    await until("the detector", () => app.parts.custom.stats()[0] ?? null);
    await send(app, [500, 499, 498, 497, 496]);
    const alarm = await alarmThat(app, ({ state }) => state === "active");
    assert.deepEqual([alarm.title, alarm.sensor], ["Level: keeps falling", SENSOR]);
    id = alarm.id;
  }, dataDir);
  await withPerch(async (app) => {
    await send(app, [495, 500]);
    const alarm = await alarmThat(app, (one) => one.state === "resolved");
    assert.equal(alarm.id, id);
    const found = await itemsOf<{ phase: string; reason: string }>(
      app,
      "/api/anomalies?detector=custom:slow-leak",
    );
    assert.deepEqual(found.map(({ phase }) => phase), ["cleared", "raised"]);
    const page = await (await app.ask(`/sensors/${SENSOR}`)).text();
    assert.match(page, /custom:slow-leak/);
    assert.equal((await app.ask("/api/anomalies?detector=own:slow-leak")).status, 400);
  }, dataDir);
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a detector that loops is a fault that pauses it alone; with a corrected text it goes on", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-custom-" });
  await withPerch(async (app) => {
    const loops = EXAMPLE.replace("const falls =", "for (;;);\n  const falls =");
    await put(app, dataDir, "loops", loops);
    await put(app, dataDir, "slow-leak", EXAMPLE);
    await put(app, dataDir, "seen", SEEN, "fault_detectors");
    await until("the detectors", () => app.parts.custom.stats()[1] ?? null);
    const fault = until("the fault", async () => {
      const faults = await app.parts.faults.list({});
      return faults.items.find(({ component }) => component === "detector:loops") ?? null;
    });
    await send(app, [500, 499, 498, 497]);
    const found = () => itemsOf<{ detector: string }>(app, "/api/anomalies");
    await until("the other's finding", async () => (await found())[0] ?? null);
    assert.deepEqual((await found()).map(({ detector }) => detector), ["custom:slow-leak"]);
    const { type, severity, file } = await fault;
    assert.deepEqual([type, severity, file], ["time_error", "high", "detectors/loops.js"]);

    await until("what a fault detector sees", async () => {
      const { items } = await app.parts.faults.list({});
      return items.find(({ message }) => message === "there is detector:loops") ?? null;
    });

    await put(app, dataDir, "loops", EXAMPLE);
    await until("what it had not judged", async () => (await found())[1] ?? null);
    assert.deepEqual((await found()).map(({ detector }) => detector), [
      "custom:loops",
      "custom:slow-leak",
    ]);
  }, dataDir);
  await Deno.remove(dataDir, { recursive: true });
});
