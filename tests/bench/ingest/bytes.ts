import mqtt from "mqtt";
import { benchPerch, processIo } from "./setup.ts";

const RATE_PER_S = 500;
const SENSORS = 50;

export interface WrittenBytes {
  /** Bytes per reading passed to write calls by the whole process. */
  written: number;
  /** Bytes per reading that the kernel sent to the storage layer. */
  storage: number;
}

/**
 * Bytes that the whole process writes per reading at a steady 500 readings/s through a real broker, after
 * `warmS` seconds, over `seconds`. Everything is included: journal, checkpoints, sealing, logs.
 */
export async function writtenBytes(
  options: {
    mqttPort: number;
    warmS: number;
    seconds: number;
    env: Record<string, string>;
    /** `timed`: value and device time. `plain`: a number alone, whose delivery is remembered too. */
    payload: "timed" | "plain";
  },
): Promise<WrittenBytes> {
  const perch = await benchPerch({
    MQTT_URL: `mqtt://127.0.0.1:${options.mqttPort}`,
    ...options.env,
  });
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${options.mqttPort}`);
  const startMs = performance.now();
  let sent = 0;
  const feed = async (untilS: number) => {
    while (performance.now() - startMs < untilS * 1000) {
      const due = (performance.now() - startMs) / 1000 * RATE_PER_S;
      for (; sent < due; sent++) {
        const value = 20 + Math.round(Math.sin(sent * 12.9898) * 2000) / 100;
        const payload = options.payload === "plain"
          ? String(value)
          : JSON.stringify({ value, ts: Date.now() });
        client.publish(`factory/bench/m/s${sent % SENSORS}`, payload, { qos: 1 });
      }
      await new Promise((r) => setTimeout(r, 2));
    }
  };
  try {
    await feed(options.warmS);
    const from = processIo(perch.perch.pid);
    const storedBefore = await perch.metric("perch_readings_stored_total");
    await feed(options.warmS + options.seconds);
    const to = processIo(perch.perch.pid);
    const stored = await perch.metric("perch_readings_stored_total") - storedBefore;
    return {
      written: (to.writtenBytes - from.writtenBytes) / stored,
      storage: (to.storageBytes - from.storageBytes) / stored,
    };
  } finally {
    await client.endAsync();
    await perch.stop();
  }
}
