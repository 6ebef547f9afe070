/**
 * T24: a host that is in need. A processor at 85 °C (a fake thermal zone under an injected root), a data directory
 * on a nearly full tmpfs, and, with `PRESSURE=all` (in `deno task soak`), a processor and a memory that stress-ng
 * keeps busy: emergency mode within ten seconds, in the stated order, at most two switches in ten minutes (which
 * are a fake clock's), readings and alarms as ever.
 *
 * Control: SABOTAGE=emergency measures nothing.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Clock, systemClock } from "../../lib/base/clock.ts";
import type { Task } from "../../lib/base/supervisor.ts";
import { createKernelFiles } from "../../lib/base/kernel_files.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";
import type { Facts } from "../../lib/health/emergency/decide.ts";
import { createSense } from "../../lib/health/emergency/sense.ts";
import { SHED_ORDER } from "../../lib/health/emergency/shedding.ts";
import { spaceOf } from "../../lib/health/host/disk.ts";
import { createCollector } from "../../lib/health/host/collector.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { haveMounts, smallDisk } from "../support/disk.ts";
import { type FakeClock, fakeClock } from "../support/fake_clock.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const NOTHING: Facts = { cpu: null, memory: null, disk: null, temperature: null };
const ORDER = Object.keys(SHED_ORDER);
const TYPES = ["emergency.entered", "emergency.step", "emergency.left"];
const restingTask = (name: string): Task => ({
  name,
  busyMostMs: Infinity,
  run: (signal) => new Promise((_, reject) => signal.addEventListener("abort", reject)),
});
const large = Deno.env.get("PRESSURE") === "all";

/** A Perch that looks at a host of files under `root` (null: this one) and at the disk of its data. */
function startOn(root: string | null, clock: Clock, dataDir?: string): Promise<RunningApp> {
  const works = (task: string) =>
    task === "emergency" || (task === "storage guard" && dataDir !== undefined);
  const files = createKernelFiles(root === null ? {} : { root });
  return runApp(dataDir === undefined ? {} : { PERCH_DATA: dataDir }, {
    clock,
    // Ten minutes of all the others would take a while.
    taskFault: (task) => works(task.name) ? task : restingTask(task.name),
    host(clock) {
      const folder = dataDir ?? "/";
      const sense = createSense({ files, clock, dataDir: folder });
      const without = (facts: Facts) => dataDir === undefined ? { ...facts, disk: null } : facts;
      return {
        ...createCollector({ files, clock, dataDir: folder }),
        sense: async () => sabotaged("emergency") ? NOTHING : without(await sense()),
        databaseWrites: () => Promise.resolve(null),
      };
    },
  });
}

/** A calm host with a thermal zone. */
async function fakeHost() {
  const root = await Deno.makeTempDir({ prefix: "perch-host-" });
  const write = async (path: string, text: string) => {
    const full = join(root, path);
    await Deno.mkdir(join(full, ".."), { recursive: true });
    await Deno.writeTextFile(full, text);
  };
  const heat = (celsius: number) =>
    write("sys/class/thermal/thermal_zone0/temp", `${celsius * 1000}\n`);
  await write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
  await write("proc/meminfo", "MemTotal: 4000000 kB\nMemAvailable: 3000000 kB\n");
  await heat(50);
  return { root, heat };
}

const json = (body: unknown) => ({
  role: "engineer" as const,
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

const message = (topic: string, value: number) => ({
  source: "test",
  topic: `factory/${topic}`,
  payload: new TextEncoder().encode(String(value)),
  done: () => {},
});

/** Lets `seconds` of a fake clock pass; what reads files needs time that is not the clock's. */
async function pass(clock: FakeClock, seconds: number, step = 2): Promise<void> {
  for (let s = 0; s < seconds; s += step) {
    await clock.advance(step * 1000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Events of the emergency, oldest first. */
async function told({ parts }: RunningApp): Promise<LoggedEvent[]> {
  const { items } = await parts.events.list({ types: TYPES, limit: 100 });
  return items.reverse();
}

const bodies = (events: LoggedEvent[], key: "shed" | "restored" | "freed") =>
  events.flatMap(({ body }) => (body as Record<string, string>)[key] ?? []);
const switched = (events: LoggedEvent[]) => events.filter(({ type }) => type !== "emergency.step");

Deno.test("emergency mode: at 85 °C what can wait is stopped in order within ten seconds, switched at most twice in ten minutes, and goes on in the reverse order", async () => {
  const { root, heat } = await fakeHost();
  const clock = fakeClock();
  const perch = await startOn(root, clock);
  try {
    await pass(clock, 10);
    assert.deepEqual(await told(perch), []);
    await heat(85);
    await pass(clock, 10);
    const first = await told(perch);
    assert.equal(first[0]?.type, "emergency.entered");
    assert.match(first[0].text, /the processor is at 85 °C/);
    assert.deepEqual(bodies(first, "shed"), ORDER);

    const { parts } = perch;
    const emergency = parts.components.all().find(({ name }) => name === "emergency")!;
    assert.equal(emergency.health, "degraded");
    assert.match(
      emergency.detail,
      /Readings and alarms go on; AI analyses, camera pictures, reports, exports, imports, backtests, .*backups wait/,
    );
    assert.equal(parts.intake.offer(message("hall/t", 1)), true, "readings are taken");
    const ticket = await (await perch.ask("/api/tickets", json({ title: "Oil" }))).json();
    const form = new FormData();
    form.append("file", new Blob(["seen"], { type: "text/plain" }), "seen.txt");
    const post = { role: "engineer", method: "POST" } as const;
    const upload = await perch.ask(`/api/tickets/${ticket.id}/attachments`, {
      ...post,
      body: form,
    });
    assert.equal(upload.status, 503, await upload.text());
    assert.equal(upload.headers.get("retry-after"), "60");
    const backup = await perch.ask("/api/backups", { ...json({}), role: "admin" });
    assert.equal(backup.status, 503, await backup.text());
    const page = await (await perch.ask("/machines", { headers: { accept: "text/html" } })).text();
    assert.match(page, /The host is in need/);

    // Hot and cold, again and again.
    for (let i = 0; i < 15; i++) {
      await heat(i % 2 === 0 ? 50 : 90);
      await pass(clock, 40, 8);
    }
    assert.ok(switched(await told(perch)).length <= 2, "two switches in ten minutes");

    await heat(50);
    await pass(clock, 80, 4);
    const all = await told(perch);
    assert.equal(all.at(-1)!.type, "emergency.left");
    assert.deepEqual(bodies(all, "restored"), ORDER.toReversed());
    assert.equal(parts.components.all().find(({ name }) => name === "emergency")!.health, "ok");
  } finally {
    await perch.stop();
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test({
  name:
    "emergency mode: on a disk that is nearly full the reserve, old logs and left-overs are freed",
  ignore: !haveMounts(),
  async fn() {
    const { root } = await fakeHost();
    await using disk = await smallDisk(64);
    const dataDir = join(disk.path, "data");
    const logs = join(dataDir, "logs");
    await Deno.mkdir(logs, { recursive: true });
    const clock = fakeClock();
    const perch = await startOn(root, clock, dataDir);
    try {
      await pass(clock, 4);
      const old = join(logs, "error_events.20251230T000000000Z.log");
      await Deno.writeFile(old, new Uint8Array(500_000));
      const left = join(dataDir, "upload.tmp");
      await Deno.writeFile(left, new Uint8Array(300_000));
      const longAgo = new Date(clock.now() - 7_200_000);
      await Deno.utime(left, longAgo, longAgo);
      const reserve = join(dataDir, "reserve");
      assert.ok((await Deno.stat(reserve)).size > 1_000_000, "there is a reserve");
      const { freeBytes } = await spaceOf(disk.path);
      await disk.take(freeBytes - 2_600_000);
      await pass(clock, 10);
      const events = await told(perch);
      assert.match(events[0]?.text ?? "", /the disk is 9\d % used/);
      const freed = bodies(events, "freed");
      assert.deepEqual(freed.slice(0, 1), ["the reserve of the disk"]);
      assert.ok(freed.includes("files of interrupted writes"), freed.join());
      await assert.rejects(Deno.stat(reserve), Deno.errors.NotFound);
      await assert.rejects(Deno.stat(left), Deno.errors.NotFound);
      await disk.free();
      await pass(clock, 10);
      assert.match(perch.parts.emergency!.sentence() ?? "", /the disk was 9\d % used, now/);
      assert.ok((await Deno.stat(reserve)).size > 1_000_000, "it is back while the need lasts");
      assert.equal(perch.parts.storageTroubles.worst(), null);
    } finally {
      await perch.stop();
      await Deno.remove(root, { recursive: true });
    }
  },
});

/** All but a fortieth of it; its own share in percent is of less than the whole. */
function memoryHogs(): string {
  const { total, available } = Deno.systemMemoryInfo();
  return `--vm 2 --vm-bytes ${Math.floor(available - total / 40)} --vm-keep`;
}

for (const [cause, args] of [["cpu", () => "--cpu 0"], ["memory", memoryHogs]] as const) {
  Deno.test({
    name:
      `emergency mode: a host whose ${cause} stress-ng takes is in need within ten seconds, and what can wait is stopped in order`,
    ignore: !large || !haveStress(),
    async fn() {
      let aheadMs = 0;
      const system = systemClock();
      const clock = { ...system, monotonic: () => system.monotonic() + aheadMs };
      const perch = await startOn(null, clock);
      // The processor does not count during a start.
      aheadMs = 70_000;
      const stress = new Deno.Command("stress-ng", {
        args: [...args().split(" "), "--timeout", "60"],
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        // Taking all of a large memory takes a while.
        if (cause === "memory") {
          await until("the memory", () => memoryUsed() > 0.95 || null, 50_000);
        }
        const startedMs = performance.now();
        for (;;) {
          if (bodies(await told(perch), "shed").length === ORDER.length) break;
          assert.ok(performance.now() - startedMs < 10_000, "not within ten seconds");
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        assert.deepEqual(bodies(await told(perch), "shed"), ORDER);
      } finally {
        stress.kill("SIGTERM");
        await stress.status;
        await perch.stop();
      }
    },
  });
}

function memoryUsed(): number {
  const { total, available } = Deno.systemMemoryInfo();
  return 1 - available / total;
}

function haveStress(): boolean {
  try {
    return new Deno.Command("stress-ng", { args: ["--version"] }).outputSync().success;
  } catch {
    console.warn("SKIPPED: stress-ng is not installed");
    return false;
  }
}
