/**
 * The Perch of `soak_test.ts`: the whole application on a fast clock, in a process of its own, so that what is
 * measured is its own. Argument: `SoakStart`. Orders come in over standard input; at its end it stops.
 */
import { collectGarbage } from "../support/soak/collect.ts";
import process from "node:process";
import { systemActor } from "../../lib/access/audit_row.ts";
import { buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { createKernelFiles } from "../../lib/base/kernel_files.ts";
import { consoleLine, createLog } from "../../lib/base/log.ts";
import type { Task } from "../../lib/base/supervisor.ts";
import { createSense } from "../../lib/health/emergency/sense.ts";
import { createCollector } from "../../lib/health/host/collector.ts";
import { fastClock } from "../support/fast_clock.ts";
import { breakOnPurpose } from "../support/soak/breaks.ts";
import { watchLag } from "../support/soak/lag.ts";
import type { Order, Ready, Sample, SoakStart } from "../support/soak/words.ts";

const start: SoakStart = JSON.parse(Deno.args[0]);
const fast = fastClock(start.times);
let stepMs = 0;
const clock = { ...fast, now: () => fast.now() + stepMs };
const files = createKernelFiles({ root: start.hostRoot });
const log = createLog({
  level: "warn",
  now: clock.now,
  sink: (entry) => console.error(consoleLine(entry, false)),
});

const killers = new Map<string, (why: Error) => void>();
const hanging = new Set<string>();
const app = buildApp({
  config: parseConfig({
    PERCH_DATA: start.dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    ...start.env,
  }),
  version: "0.0.0-test",
  log,
  clock,
  taskFault: mayFail,
  onFatal(error) {
    console.error(error);
    Deno.exit(1);
  },
  host: (clock) => ({
    ...createCollector({ files, clock, dataDir: start.dataDir }),
    sense: createSense({ files, clock, dataDir: start.dataDir }),
    databaseWrites: () => Promise.resolve(null),
  }),
});

/** A task that is ended or hangs when it is ordered. */
function mayFail(task: Task): Task {
  return {
    ...task,
    run(signal, beat) {
      if (hanging.delete(task.name)) {
        return new Promise((_, reject) => signal.addEventListener("abort", reject));
      }
      const killed = new Promise<never>((_, reject) => killers.set(task.name, reject));
      return Promise.race([task.run(signal, beat), killed]);
    },
  };
}

const { url } = await app.start();
const parts = app.parts();
const { key } = await parts.access.keys.add({ name: "soak", role: "admin" }, systemActor("test"));
const lag = watchLag();
breakOnPurpose(parts, start.realMs, () => killers.get("status")!(new Error("broken on purpose")));

function sample(): Sample {
  collectGarbage();
  const status = Deno.readTextFileSync("/proc/self/status");
  const wal = Deno.statSync(`${start.dataDir}/perch.db-wal`);
  const read = {
    memoryMb: Number(/RssAnon:\s+(\d+) kB/.exec(status)![1]) / 1024,
    heapMb: Deno.memoryUsage().heapUsed / 1e6,
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length,
    walMb: wal.size / 1e6,
    lagP99Ms: lag.quantileMs(0.99),
  };
  lag.forgive();
  return read;
}

function obey(order: Order): Sample | null {
  switch (order.order) {
    case "sample":
      return sample();
    case "reset":
      lag.reset();
      return null;
    case "step":
      stepMs += order.ms;
      return null;
    case "task":
      if (order.fault === "hang") hanging.add(order.name);
      killers.get(order.name)!(new Error("ended by the test"));
      return null;
  }
}

const say = (words: unknown) => console.log(JSON.stringify(words));
const ready: Ready = { url, key, tasks: [...killers.keys()], nowMs: clock.now() };
say(ready);
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) say(obey(JSON.parse(line)));
}
await app.stop();
Deno.exit(0);
