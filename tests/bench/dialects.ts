import { connectAsync } from "mqtt";
import { startMosquitto } from "../support/mosquitto.ts";
import { startApp } from "../support/app.ts";
import { type BenchOptions, type BenchResult, doing, median, quantile } from "../support/bench.ts";
import { until } from "../support/until.ts";
import {
  manyAnnouncements,
  plain,
  type Speaker,
  SPEAKERS,
  type Spoken,
} from "../support/devices/speakers.ts";
import { type BenchPerch, benchPerch, processCpuS } from "./ingest/setup.ts";
import { BROKER_CONFIG } from "./ingest/throughput.ts";

/*
 * Messages a second of each dialect of devices through a real broker, and of plain JSON with as many values, in the
 * same Perch and in turns: the box is noisy, so only the ratios mean something. `ratio` is of messages a second,
 * `cpu_ratio` of what a message costs Perch, which the neighbours of a noisy box do not disturb as much.
 * Then 1 000 discovered entities that are announced again within a second, in this process, where the event loop can be
 * looked at while it happens.
 */

const ROUNDS = 3;
const LAG_EVERY_MS = 5;
/** Topics that were announced are asked for a moment later: what comes before is not heard. */
const SUBSCRIBED_MS = 2_000;
/** `BENCH_DIALECTS=tasmota,shelly`: these alone. */
const ONLY = Deno.env.get("BENCH_DIALECTS")?.split(",");

/** Runs all dialects; see the names of the figures. */
export async function run({ quick = false }: BenchOptions): Promise<BenchResult> {
  const figures: BenchResult["figures"] = {};
  const count = quick ? 2_000 : 10_000;
  await using broker = await startMosquitto({ config: BROKER_CONFIG });
  const perch = await benchPerch({
    MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
    MQTT_TOPICS: "factory/#,spBv1.0/#",
  });
  try {
    const speakers = SPEAKERS.filter(({ name }) => ONLY === undefined || ONLY.includes(name));
    for (const speaker of speakers) await announce(broker.port, speaker.announce);
    await delay(SUBSCRIBED_MS);
    for (const speaker of speakers) {
      const measured = await compare(perch, broker.port, speaker, count, quick ? 1 : ROUNDS);
      for (const [key, figure] of Object.entries(measured)) {
        figures[`${speaker.name}_${key}`] = figure;
      }
    }
    Object.assign(figures, await announcedAgain(broker.port));
  } finally {
    await perch.stop();
  }
  return { name: "dialects", figures, notes: [`broker: ${BROKER_CONFIG.join("; ")}`] };
}

async function compare(
  perch: BenchPerch,
  port: number,
  speaker: Speaker,
  count: number,
  rounds: number,
): Promise<Record<string, number>> {
  const own: Measured[] = [], json: Measured[] = [];
  let n = 0;
  const next = (one: Speaker) => () => one.say(n++);
  await measure(perch, port, next(speaker), speaker.values, 500);
  await measure(perch, port, next(plain(speaker.values)), speaker.values, 500);
  // Numbers of Sparkplug go on from one round to the next.
  let own_n = 500;
  for (let round = 1; round <= rounds; round++) {
    doing(speaker.name, round, rounds);
    own.push(await measure(perch, port, () => speaker.say(own_n++), speaker.values, count));
    json.push(await measure(perch, port, next(plain(speaker.values)), speaker.values, count));
  }
  const ratios = (of: (one: Measured) => number) =>
    median(own.map((one, i) => of(json[i]) / of(one)));
  return {
    per_s: Math.round(median(own.map(({ ms }) => count / ms * 1000))),
    ratio: ratios(({ ms }) => ms),
    cpu_ratio: ratios(({ cpuS }) => cpuS),
  };
}

interface Measured {
  ms: number;
  cpuS: number;
}

/** From the first message until all of their values are stored. */
async function measure(
  perch: BenchPerch,
  port: number,
  next: () => Spoken,
  values: number,
  count: number,
): Promise<Measured> {
  const messages = Array.from({ length: count }, next);
  const stored = await perch.metric("perch_readings_stored_total");
  const cpuS = processCpuS(perch.perch.pid);
  const startedMs = performance.now();
  const published = publishing(port, messages);
  await perch.until("perch_readings_stored_total", stored + values * count, 60_000);
  const ms = performance.now() - startedMs;
  await published;
  return { ms, cpuS: processCpuS(perch.perch.pid) - cpuS };
}

/** Publishes messages from a process of its own, as fast as they are acknowledged unless a rate is given. */
async function publishing(port: number, messages: readonly Spoken[], perS = 0): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(messages.map(([t, p]) => [t, base64(p)])));
    const script = new URL("dialects/publish.ts", import.meta.url).pathname;
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, String(port), file, String(messages.length), String(perS)],
      stdout: "null",
      stderr: "inherit",
    }).output();
    if (!success) throw new Error("the publisher failed");
  } finally {
    await Deno.remove(file);
  }
}

function base64(payload: string | Uint8Array): string {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

async function announce(port: number, messages: readonly Spoken[]): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  for (const [topic, payload] of messages) {
    await client.publishAsync(topic, payload as string, {
      qos: 1,
      retain: typeof payload === "string",
    });
  }
  await client.endAsync();
}

/** What 1 000 entities that are announced again do to the event loop, to the event log and to what is written. */
async function announcedAgain(port: number): Promise<Record<string, number>> {
  const all = manyAnnouncements();
  const { app, close } = await startApp({ MQTT_URL: `mqtt://127.0.0.1:${port}` });
  try {
    const { registry, alarms, events, intake, sources } = app.parts();
    const received = () => sources[0].state().received;
    const announcing = () => lagWhile(received, () => publishing(port, all, all.length));
    doing("nothing");
    const idle = await lagWhile(() => performance.now(), () => delay(1_000));
    doing("1 000 entities that are announced");
    const first = await announcing();
    await until("all of them", () => registry.all().length >= all.length || null);
    doing("1 000 entities that are announced again within a second");
    const before = intake.stats().groups;
    const again = await announcing();
    return {
      idle_loop_lag_p99_ms: quantile(idle, 0.99),
      announced_loop_lag_p99_ms: quantile(first, 0.99),
      reannounced_loop_lag_p99_ms: quantile(again, 0.99),
      reannounced_loop_lag_most_ms: Math.max(...again),
      reannounced_groups: intake.stats().groups - before,
      reannounced_alarms: alarms.open().length,
      reannounced_events: (await events.list({ limit: 200 })).items.length,
    };
  } finally {
    await close();
  }
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * How late a timer of 5 ms fires while something is done, in ms; from when what is counted grows, as starting the
 * process that publishes holds this one up too.
 */
async function lagWhile(counted: () => number, work: () => Promise<unknown>): Promise<number[]> {
  const late: number[] = [];
  const before = counted();
  let dueMs = performance.now() + LAG_EVERY_MS;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (counted() > before) late.push(Math.max(0, nowMs - dueMs));
    dueMs = nowMs + LAG_EVERY_MS;
  }, LAG_EVERY_MS);
  await work();
  clearInterval(timer);
  return late;
}
