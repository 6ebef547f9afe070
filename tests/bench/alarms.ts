/**
 * From a value over its limit to the alarm on the live stream and to the mail that a server took, while 1 000
 * readings a second come in: the whole application, asked over HTTP, its stream read over HTTP.
 */
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { type BenchOptions, type BenchResult, doing, quantile } from "../support/bench.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { EventReader } from "../support/sse.ts";

const SENSORS = 1000;
const REQUESTS_PER_S = 20;
const EACH = SENSORS / REQUESTS_PER_S;
const CROSSINGS_PER_S = 5;
const LIMIT = 50;

/** Figures: ms from sending the reading to receiving its `alarm` event, and of ingest requests. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const seconds = options.quick ? 10 : 60 * (options.minutes ?? 0.5);
  const smtp = await startSmtp();
  const app = await runApp({
    MQTT_PORT: "0",
    NEW_SENSORS_PER_HOUR: "2000",
    SMTP_SERVER: "127.0.0.1",
    SMTP_PORT: String(smtp.port),
    SENDER_EMAIL: "perch@example.org",
    RECIPIENT_EMAIL: "plant@example.org",
  });
  try {
    // Each alarm its own mail: what a flood becomes is not measured here.
    await app.parts.settings.set("notify.storm_messages", 10_000, "bench", () => []);
    doing(`${SENSORS} sensors and their limits`);
    await prepare(app);
    doing("warming up");
    await load(app, 5, 0);
    doing(`${SENSORS} readings/s with ${CROSSINGS_PER_S} crossings/s for ${seconds} s`);
    const sentMs = new Map<string, number>();
    const alarmMs: number[] = [];
    const stream = new EventReader((await app.ask("/api/stream?types=alarm")).body!);
    const reading = (async () => {
      for (let event = await stream.next(); event !== null; event = await stream.next()) {
        if (event.type !== "alarm") continue;
        const { transition, alarm } = JSON.parse(event.data);
        const sent = sentMs.get(alarm.sensor);
        if (transition === "alarm.raised" && sent !== undefined) {
          alarmMs.push(performance.now() - sent);
        }
      }
    })();
    const ingestMs = await load(app, seconds, CROSSINGS_PER_S, sentMs);
    await pause(3000);
    await stream.cancel();
    await reading;
    const mailMs = smtp.mails.flatMap(({ atMs, mail }) => {
      if (!mail.subject?.startsWith("[WARNING]")) return [];
      const sent = sentMs.get(/hall\/machine-\d+\/load-\d+/.exec(mail.text ?? "")?.[0] ?? "");
      return sent === undefined ? [] : [atMs - (performance.timeOrigin + sent)];
    });
    return {
      name: "alarms",
      figures: {
        readings_per_s: SENSORS,
        seconds,
        crossings: sentMs.size,
        alarms: alarmMs.length,
        crossing_to_stream_p50_ms: quantile(alarmMs, 0.5),
        crossing_to_stream_p99_ms: quantile(alarmMs, 0.99),
        mails: mailMs.length,
        crossing_to_mail_p50_ms: quantile(mailMs, 0.5),
        crossing_to_mail_p99_ms: quantile(mailMs, 0.99),
        ingest_p50_ms: quantile(ingestMs, 0.5),
        ingest_p99_ms: quantile(ingestMs, 0.99),
      },
      notes: [
        "From before the HTTP request with the reading to the event in the reader's hands, and to the mail " +
        "that the local SMTP server took; load generator, reader and mail server run in the same process.",
      ],
    };
  } finally {
    await app.stop();
    await smtp.close();
  }
}

const nameOf = (sensor: number) => `hall/machine-${Math.floor(sensor / 10)}/load-${sensor}`;

async function prepare({ parts, ingest }: RunningApp): Promise<void> {
  const { registry, machines, access } = parts;
  await ingest(readingsOf(0, SENSORS, new Set()));
  const note = (change: object) =>
    access.audit.statement({
      ...{ actor: systemActor("bench"), action: "sensor.update", resource: "sensor" },
      ...change,
    });
  for (const sensor of registry.all()) {
    await machines.patchSensor(sensor.id, { warning_high: LIMIT }, note);
  }
}

/** Every sensor's reading once a second; `crossing` sensors a second go over their limit and stay there. */
async function load(
  { ingest }: RunningApp,
  seconds: number,
  crossing: number,
  sentMs: Map<string, number> = new Map(),
): Promise<number[]> {
  const latencies: number[] = [];
  const open = new Set<Promise<void>>();
  const over = new Set<number>();
  const startMs = performance.now();
  for (let i = 0; i < seconds * REQUESTS_PER_S; i++) {
    const waitMs = startMs + i * 1000 / REQUESTS_PER_S - performance.now();
    if (waitMs > 0) await pause(waitMs);
    const first = (i % REQUESTS_PER_S) * EACH;
    const atMs = performance.now();
    if (crossing > 0 && i % (REQUESTS_PER_S / crossing) === 0) {
      const sensor = first + Math.floor(i / REQUESTS_PER_S) % EACH;
      if (!over.has(sensor)) sentMs.set(nameOf(sensor), atMs);
      over.add(sensor);
    }
    const sent = ingest(readingsOf(first, first + EACH, over))
      .then(() => void latencies.push(performance.now() - atMs));
    open.add(sent);
    sent.finally(() => open.delete(sent));
  }
  await Promise.all(open);
  return latencies;
}

function readingsOf(from: number, to: number, over: ReadonlySet<number>): unknown[] {
  return Array.from({ length: to - from }, (_, i) => {
    const name = nameOf(from + i);
    const cut = name.lastIndexOf("/");
    const value = (over.has(from + i) ? LIMIT + 10 : LIMIT - 10) + Math.random();
    return { machine: name.slice(0, cut), sensor: name.slice(cut + 1), value };
  });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
