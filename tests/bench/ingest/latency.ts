import mqtt from "mqtt";
import { quantile } from "../../support/bench.ts";
import { type BenchPerch, benchPerch } from "./setup.ts";

const RATE_PER_S = 500;
const DEVICES = 20;

/**
 * Publish → visible in the stream, in ms: `seconds` of 500 messages/s through a real broker. The publisher
 * and the reader share one clock; the value of a reading is its number.
 */
export async function streamLatency(
  options: {
    mqttPort: number;
    seconds: number;
    env: Record<string, string>;
    /** What else it does meanwhile. */
    prepare?: (perch: BenchPerch) => Promise<void>;
  },
): Promise<{ p50: number; p99: number; received: number; loopLagP99Ms: number }> {
  const perch = await benchPerch({
    MQTT_URL: `mqtt://127.0.0.1:${options.mqttPort}`,
    ...options.env,
  });
  const sentMs: number[] = [];
  const latencies: number[] = [];
  try {
    await options.prepare?.(perch);
    const response = await fetch(`${perch.perch.url}/api/stream?types=reading`, {
      headers: perch.headers,
    });
    if (!response.ok) throw new Error(await response.text());
    const reading = readStream(response.body!, (value) => {
      latencies.push(performance.now() - sentMs[value]);
    });
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${options.mqttPort}`);
    const total = options.seconds * RATE_PER_S;
    const startMs = performance.now();
    while (sentMs.length < total) {
      const due = Math.min(total, (performance.now() - startMs) / 1000 * RATE_PER_S);
      while (sentMs.length < due) {
        const n = sentMs.length;
        sentMs.push(performance.now());
        client.publish(`factory/bench/m${n % DEVICES}/value`, `{"value":${n},"seq":${n}}`, {
          qos: 1,
        });
      }
      await new Promise((r) => setTimeout(r, 1));
    }
    const endMs = performance.now() + 10_000;
    while (latencies.length < total && performance.now() < endMs) {
      await new Promise((r) => setTimeout(r, 20));
    }
    const loopLagP99Ms = 1000 * await perch.metric("perch_event_loop_lag_p99_seconds");
    await client.endAsync();
    await reading.stop();
    // The first second warms both sides up.
    const settled = latencies.slice(RATE_PER_S);
    return {
      p50: quantile(settled, 0.5),
      p99: quantile(settled, 0.99),
      received: latencies.length / total,
      loopLagP99Ms,
    };
  } finally {
    await perch.stop();
  }
}

/** Calls `seen` with the value of each reading of an event stream until `stop`. */
function readStream(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  seen: (value: number) => void,
): { stop: () => Promise<void> } {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const done = (async () => {
    let rest = "";
    for (;;) {
      const { value: bytes, done } = await reader.read();
      if (done) return;
      const events = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
      rest = events.pop()!;
      for (const event of events) {
        if (!/^event: ?reading$/m.test(event)) continue;
        const data = /^data: ?(.*)$/m.exec(event)![1];
        for (const { value } of JSON.parse(data).readings) seen(value);
      }
    }
  })();
  return {
    async stop() {
      await reader.cancel();
      await done;
    },
  };
}
