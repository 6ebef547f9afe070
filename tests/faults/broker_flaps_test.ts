/**
 * T8: the broker goes and comes back, again and again. `FLAPS_N` sets how often (3 per kind; the soak 250).
 * `SABOTAGE=flaps` makes readings without time and seq, which a publisher that sends again after the
 * broker's restart stores twice: the test of duplicates must fail.
 */
import assert from "node:assert/strict";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { haveMosquitto, type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { type Load, startLoad, valueOf } from "../support/mqtt_load.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";

const N = Number(Deno.env.get("FLAPS_N") ?? 3);
const DEVICES = 10;
const BACK_MOST_MS = 5_000;
const ignore = !haveMosquitto();

async function underLoad(
  flap: (broker: Mosquitto) => Promise<void>,
  look: (under: AppUnderTest, load: Load) => Promise<void>,
): Promise<void> {
  await using broker = await startMosquitto({
    persistence: true,
    config: ["max_queued_messages 0", "max_inflight_messages 2000"],
  });
  const under = await startApp({ MQTT_URL: `mqtt://127.0.0.1:${broker.port}` });
  const [source] = under.app.parts().sources;
  const connected = () => source.state().state === "connected";
  await eventually(connected, () => source.state().detail);
  const load = startLoad({
    port: broker.port,
    devices: DEVICES,
    ratePerS: 500,
    topic: "factory/flaps",
    payload: sabotaged("flaps") ? "plain" : "full",
  });
  try {
    for (let i = 0; i < N; i++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await flap(broker);
      await eventually(() => !connected(), () => "the client did not notice");
      await broker.restart();
      await eventually(connected, () => source.state().detail, BACK_MOST_MS);
    }
    const before = source.state().received;
    await eventually(() => source.state().received > before + 100, () => "nothing comes any more");
    await load.stop();
    await look(under, load);
  } finally {
    await load.stop();
    await under.close();
  }
}

/** What is stored of a device: seq by time, as the device's times follow from its seqs. */
async function storedSeqs(under: AppUnderTest, device: string): Promise<number[]> {
  const { registry, storage } = under.app.parts();
  const sensor = registry.find(`flaps/${device}/value`)!.num;
  const startMs = Date.UTC(2026, 0, 1);
  const seqs: number[] = [];
  let cursor: string | undefined;
  do {
    const query = { sensor, fromMs: 0, toMs: 4e12, limit: 10_000, cursor };
    const page = await storage.readings.raw(query);
    for (let i = 0; i < page.tMs.length; i++) {
      const seq = page.tMs[i] - startMs;
      assert.equal(page.value[i], valueOf(Number(device.slice(1)), seq), `${device} seq ${seq}`);
      seqs.push(seq);
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return seqs;
}

Deno.test({
  name: `broker flaps: ${N} restarts, nothing that it acknowledged is lost or stored twice`,
  ignore,
  fn: () =>
    underLoad((broker) => broker.stop(), async (under, load) => {
      for (const { device, sent, open } of load.ledger()) {
        let seqs: number[] = [];
        const missing = () => {
          const stored = new Set(seqs);
          const unsure = new Set(open);
          return Array.from({ length: sent }, (_, seq) => seq)
            .filter((seq) => !stored.has(seq) && !unsure.has(seq));
        };
        for (let tries = 0; tries < 50; tries++) {
          seqs = await storedSeqs(under, device);
          if (missing().length === 0) break;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        assert.deepEqual(missing(), [], `${device} lost readings`);
        assert.equal(new Set(seqs).size, seqs.length, `${device} has readings twice`);
      }
    }),
});

Deno.test({
  name: `broker flaps: ${N} times kill -9, the client comes back and stores nothing twice`,
  ignore,
  // What mosquitto had acknowledged and not yet written down is gone with it; the ledger cannot ask for it.
  fn: () =>
    underLoad((broker) => broker.kill(), async (under, load) => {
      for (const { device } of load.ledger()) {
        const seqs = await storedSeqs(under, device);
        assert.equal(new Set(seqs).size, seqs.length, `${device} has readings twice`);
        assert.ok(seqs.length > 0);
      }
    }),
});
