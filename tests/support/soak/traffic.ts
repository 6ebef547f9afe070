/** A plant that goes on whatever happens, people who look at it, and the ledger of what was acknowledged. */
import { type Load, startLoad, valueOf } from "../mqtt_load.ts";
import { openStream } from "../sse.ts";
import { type SoakSite, TIMES } from "./site.ts";

const DEVICES = 20;
/** Between two readings of a device, on the clock of Perch. */
const DEVICE_STEP_MS = 4_000;
const BATCH_EVERY_MS = 250;
const BATCH_SENSORS = 8;
const PAGE_EVERY_MS = 1_000;
const PAGES = [
  ...["/", "/machines", "/machines/soak/d0", "/sensors", "/sensors/soak/d1/value", "/alarms"],
  ...["/events", "/host", "/tickets", "/predictions", "/settings", "/api/status", "/metrics"],
];
const STREAMS = 2;
const DRAIN_MOST_MS = 30_000;

export interface Traffic {
  /** Messages sent to the broker, and readings acknowledged over HTTP. */
  sent(): { mqtt: number; http: number };
  /** Events that came over the streams, and pages that were shown. */
  seen(): { events: number; pages: number };
  stop(): Promise<void>;
  /** After `stop`: what was acknowledged and is not stored, a sentence for each sensor. */
  lost(): Promise<string[]>;
}

/** Starts all of it. */
export function startTraffic(site: SoakSite): Traffic {
  const abort = new AbortController();
  const { signal } = abort;
  const startMs = Math.round(site.nowMs());
  const load = startLoad({
    port: site.broker.port,
    devices: DEVICES,
    ratePerS: DEVICES * TIMES * 1000 / DEVICE_STEP_MS,
    topic: "factory/soak",
    startMs,
    stepMs: DEVICE_STEP_MS,
  });
  const acknowledged: { tMs: number; value: number }[] = [];
  const seen = { events: 0, pages: 0 };
  const running = [
    every(BATCH_EVERY_MS, signal, async () => {
      const reading = { tMs: Math.round(site.nowMs()), value: acknowledged.length };
      const { status } = await site.call("POST", "/api/ingest/batch", batchOf(reading));
      if (status === 200) acknowledged.push(reading);
    }),
    every(PAGE_EVERY_MS, signal, async (i) => {
      const { status } = await site.call("GET", PAGES[i % PAGES.length], undefined, {
        accept: "text/html",
      });
      if (status === 200) seen.pages++;
    }),
    ...Array.from({ length: STREAMS }, () =>
      every(PAGE_EVERY_MS, signal, async () => {
        const headers = { authorization: `Bearer ${site.child.key}` };
        const stream = await openStream(`${site.child.url}/api/stream`, { headers });
        const end = () => void stream.cancel();
        signal.addEventListener("abort", end);
        if (signal.aborted) end();
        while (await stream.next().catch(() => null) !== null) seen.events++;
        signal.removeEventListener("abort", end);
      })),
  ];
  return {
    sent: () => ({ mqtt: load.sent(), http: acknowledged.length * BATCH_SENSORS }),
    seen: () => seen,
    async stop() {
      abort.abort();
      await Promise.all([load.stop(), ...running]);
    },
    async lost() {
      const lost = await lostOfDevices(site, load, startMs);
      for (let i = 0; i < BATCH_SENSORS; i++) {
        const stored = await readAll(site, `batches/b/s${i}`);
        const missing = acknowledged.filter(({ tMs, value }) => stored.get(tMs) !== value + i);
        if (missing.length > 0) {
          lost.push(`batches/b/s${i}: ${missing.length} of ${acknowledged.length}`);
        }
      }
      return lost;
    },
  };
}

const batchOf = ({ tMs, value }: { tMs: number; value: number }) =>
  Array.from({ length: BATCH_SENSORS }, (_, i) => ({
    machine: "batches/b",
    sensor: `s${i}`,
    value: value + i,
    ts: tMs,
  }));

/** Does it again and again; what fails is done again. */
async function every(
  ms: number,
  signal: AbortSignal,
  what: (i: number) => Promise<void>,
): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    await what(i).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** What the broker acknowledged is on its way until it is stored. */
async function lostOfDevices(site: SoakSite, load: Load, startMs: number): Promise<string[]> {
  const untilMs = performance.now() + DRAIN_MOST_MS;
  const lost: string[] = [];
  for (const [index, { device, sent, open }] of load.ledger().entries()) {
    const unsure = new Set(open);
    for (;;) {
      const stored = await readAll(site, `soak/${device}/value`);
      const missing = Array.from({ length: sent }, (_, seq) => seq).filter((seq) =>
        !unsure.has(seq) &&
        stored.get(startMs + seq * DEVICE_STEP_MS) !== valueOf(index, seq)
      );
      if (missing.length === 0) break;
      if (performance.now() > untilMs) {
        lost.push(`soak/${device}/value: ${missing.length} of ${sent}, from ${missing[0]}`);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  return lost;
}

/** All readings of a sensor: value by time. */
async function readAll(site: SoakSite, sensor: string): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (let cursor: string | null = ""; cursor !== null;) {
    const path: string = `/api/readings?sensor=${encodeURIComponent(sensor)}&points=0&from=0` +
      `&to=4102444700000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const { status, json, text } = await site.call("GET", path);
    if (status !== 200) throw new Error(text);
    json.t.forEach((tMs: number, i: number) => found.set(tMs, json.v[i]));
    cursor = json.next;
  }
  return found;
}
