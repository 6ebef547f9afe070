import assert from "node:assert/strict";
import { join } from "node:path";
import { perch as perchCommand } from "../support/command_line.ts";
import { haveMounts, type SmallDisk, smallDisk } from "../support/disk.ts";
import { startLoad } from "../support/mqtt_load.ts";
import { addKey, type PerchProcess, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";
import { compare, damage, judgeFull } from "../faults/kill.ts";

/** `FULL_KILLS_N` sets how many (the soak 100). */
const KILLS = Number(Deno.env.get("FULL_KILLS_N") ?? 3);
const RATE_PER_S = 200;
const START_MS = Date.UTC(2026, 0, 1);
const EMAIL = "a@example.com", PASSWORD = "adminadmin-12";

interface Site {
  disk: SmallDisk;
  dataDir: string;
  key: string;
  mqttPort: number;
  start(): Promise<PerchProcess>;
  call(perch: PerchProcess, path: string, init?: RequestInit): Promise<Answer>;
}

interface Answer {
  status: number;
  text: string;
  // deno-lint-ignore no-explicit-any
  json: any;
}

async function withSite(megabytes: number, run: (site: Site) => Promise<void>): Promise<void> {
  await using disk = await smallDisk(megabytes);
  const dataDir = join(disk.path, "data");
  await Deno.mkdir(dataDir);
  const key = await addKey({ dataDir, role: "admin" });
  const mqttPort = freePort();
  const started: PerchProcess[] = [];
  const site: Site = {
    disk,
    dataDir,
    key,
    mqttPort,
    async start() {
      const perch = await startPerch({
        dataDir,
        env: { MQTT_PORT: String(mqttPort) },
        readyPath: "/health/live",
      });
      started.push(perch);
      return perch;
    },
    async call(perch, path, init = {}) {
      const response = await fetch(perch.url + path, {
        ...init,
        redirect: "manual",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          ...init.headers,
        },
      });
      const text = await response.text();
      const isJson = (response.headers.get("content-type") ?? "").includes("json");
      return { status: response.status, text, json: isJson ? JSON.parse(text) : null };
    },
  };
  try {
    await run(site);
  } finally {
    for (const perch of started) await perch.kill();
  }
}

const post = (body: unknown): RequestInit => ({ method: "POST", body: JSON.stringify(body) });

/** Asks until `wanted` holds; gives the ms it took. */
async function until(
  what: string,
  wanted: () => boolean | Promise<boolean>,
  mostMs: number,
): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    if (await wanted()) return performance.now() - startMs;
    if (performance.now() - startMs > mostMs) throw new Error(`${what}: not within ${mostMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A sensor above its limit: one alarm that can be acknowledged. */
async function openAlarm(site: Site, perch: PerchProcess): Promise<string> {
  const ingest = (value: number) =>
    site.call(perch, "/api/ingest", post({ machine: "hall/al", sensor: "t", value }));
  await ingest(10);
  const { json } = await site.call(perch, "/api/sensors");
  await site.call(perch, `/api/sensors/${json.items[0].id}`, {
    method: "PATCH",
    body: JSON.stringify({ critical_high: 50 }),
  });
  await ingest(99);
  let alarm = "";
  await until("the alarm", async () => {
    await ingest(99);
    return (alarm = (await site.call(perch, "/api/alarms")).json.items[0]?.id ?? "") !== "";
  }, 10_000);
  return alarm;
}

const health = async (site: Site, perch: PerchProcess) =>
  (await site.call(perch, "/health")).status;

// T6. Its control: SABOTAGE=full sets neither reserve nor floor, and the test must be red.
Deno.test({
  name: "a full disk is said, refuses readings alone, and heals by itself",
  ignore: !haveMounts(),
}, () =>
  withSite(32, async (site) => {
    const { disk, dataDir } = site;
    const added = await perchCommand(
      dataDir,
      ["user", "add", "--email", EMAIL, "--role", "admin"],
      {
        input: `${PASSWORD}\n`,
      },
    );
    assert.equal(added.code, 0, added.err);
    if (sabotaged("full")) {
      for (const name of ["storage.reserve_mb", "storage.floor_mb"]) {
        await perchCommand(dataDir, ["settings", "set", name, "0"]);
        await Deno.remove(join(dataDir, "reserve")).catch(() => {});
      }
    }
    let perch = await site.start();
    const alarm = await openAlarm(site, perch);
    const load = startLoad({
      port: site.mqttPort,
      devices: 4,
      ratePerS: RATE_PER_S,
      startMs: START_MS,
    });
    await until("the load", () => load.acknowledged() > 200, 20_000);
    const reserve = await Deno.stat(join(dataDir, "reserve"));
    assert.ok(reserve.blocks! * 512 >= 2_000_000, "the reserve is on the disk");

    await disk.fill();
    await until(
      "health says that it is full",
      async () => await health(site, perch) === 503,
      5_000,
    );
    const refused = await site.call(
      perch,
      "/api/ingest",
      post({ machine: "hall/al", sensor: "t", value: 1 }),
    );
    assert.equal(refused.status, 507);
    assert.match(refused.json.detail, new RegExp(`disk of ${dataDir} is full`));
    const reading = await site.call(perch, "/api/readings?sensor=hall/al/t&points=0");
    assert.equal(reading.status, 200);
    const signIn = await site.call(
      perch,
      "/api/users/login",
      { ...post({ email: EMAIL, password: PASSWORD }), headers: { authorization: "" } },
    );
    assert.equal(signIn.status, 200, signIn.text);
    const acknowledged = await site.call(perch, `/api/alarms/${alarm}/ack`, post({}));
    assert.equal(acknowledged.status, 200, acknowledged.text);
    const { json: machines } = await site.call(perch, "/api/machines");
    const machine = machines.items.find((one: { path: string }) => one.path === "hall/al");
    const deleted = await site.call(perch, `/api/machines/${machine.id}`, { method: "DELETE" });
    assert.ok(deleted.status < 300, deleted.text);
    const page = await site.call(perch, "/alarms", { headers: { accept: "text/html" } });
    assert.match(page.text, /class="site-trouble"[^>]*>New readings are refused/);
    const { json: status } = await site.call(perch, "/api/status");
    const storage = status.components.find((one: { name: string }) => one.name === "storage");
    assert.deepEqual([status.overall, storage.health], ["Error", "error"]);
    await until("the alarm about the disk", async () => {
      const { json } = await site.call(perch, "/api/alarms");
      return json.items.some((one: { cause: string }) => one.cause === "system:storage");
    }, 15_000);

    await disk.free();
    const healedMs = await until(
      "it is healthy",
      async () => await health(site, perch) === 200,
      5_000,
    );
    const before = load.acknowledged();
    await until("readings are taken", () => load.acknowledged() > before + 100, 10_000);
    await load.stop();
    const live = await compare(() => judgeFull(perch, site.key, load.ledger()));

    // A clean stop leaves no log whose room could be used again.
    assert.equal(await perch.stop(), 0);
    await disk.fill();
    perch = await site.start();
    assert.equal(await health(site, perch), 503, "a start on a full disk says so");
    await disk.free();
    const silentMs = await until(
      "it is healthy without a sender",
      async () => await health(site, perch) === 200,
      5_000,
    );
    const restarted = await judgeFull(perch, site.key, load.ledger());
    for (const report of [live, restarted]) {
      assert.deepEqual([report.lost, report.duplicate, report.wrong], [0, 0, 0]);
    }
    assert.equal(await perch.stop(), 0);
    assert.deepEqual(await damage(dataDir), []);
    const lines = perch.output().split("\n").filter((line) => /"(warn|error)"/.test(line));
    assert.ok(lines.length <= 10, `the log is flooded:\n${lines.join("\n")}`);
    console.log(
      `  ${live.acknowledged} acknowledged, 0 lost, 0 twice; healthy ${Math.round(healedMs)} ms ` +
        `after there was room, ${Math.round(silentMs)} ms without a sender`,
    );
  }));

Deno.test({
  name: "a first start on a full disk ends with one sentence, and works once there is room",
  ignore: !haveMounts(),
}, async () => {
  await using disk = await smallDisk(16);
  const dataDir = join(disk.path, "data");
  await Deno.mkdir(dataDir);
  await disk.fill();
  const env = { PERCH_PORT: "0", PERCH_HOST: "127.0.0.1", MQTT_PORT: "0", LOG_LEVEL: "error" };
  const { code, err } = await perchCommand(dataDir, ["serve"], { env });
  assert.equal(code, 2, err);
  const sentences = err.split("\n").filter((line) => !line.startsWith("{"));
  assert.equal(sentences.length, 1, err);
  assert.match(sentences[0], new RegExp(`^The disk of ${dataDir} is full, and Perch cannot start`));
  await disk.free();
  const perch = await startPerch({ dataDir, env: { MQTT_PORT: "0" } });
  assert.equal(await perch.stop(), 0);
});

// T9. Its control: SABOTAGE=full-kill removes the write-ahead log after each kill, and the test must be red.
Deno.test({
  name: `kill -9, ${KILLS} times while the disk fills and is freed, loses nothing acknowledged`,
  ignore: !haveMounts(),
}, () =>
  withSite(16, async (site) => {
    const { disk, dataDir } = site;
    let perch = await site.start();
    const load = startLoad({
      port: site.mqttPort,
      devices: 4,
      ratePerS: RATE_PER_S,
      startMs: START_MS,
    });
    const random = (most: number) => Math.random() * most;
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    for (let cycle = 0; cycle < KILLS; cycle++) {
      await pause(random(800));
      await (cycle % 3 === 2 ? disk.take(random(16e6)) : disk.fill());
      await pause(random(800));
      await perch.kill();
      if (sabotaged("full-kill")) await Deno.remove(join(dataDir, "perch.db-wal"));
      if (cycle % 2 === 0) await disk.free();
      perch = await site.start();
      await pause(random(500));
      await disk.free();
    }
    const before = load.acknowledged();
    await until("readings are taken", () => load.acknowledged() > before + 50, 15_000);
    await load.stop();
    const report = await compare(() => judgeFull(perch, site.key, load.ledger()));
    assert.deepEqual(report.examples, []);
    assert.deepEqual([report.lost, report.duplicate, report.wrong], [0, 0, 0]);
    assert.equal(await perch.stop(), 0);
    assert.deepEqual(await damage(dataDir), []);
    console.log(`  ${report.acknowledged} acknowledged, 0 lost, 0 twice, in ${KILLS} kills`);
  }));
