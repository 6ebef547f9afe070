import type { ReadingGroup } from "../../lib/readings/reading.ts";

/** A seeded stream of readings as a plant sends them: `sensors` sensors at 1 Hz, two decimals. */
export interface Plant {
  /** The next `n` readings, in order of time. */
  next(n: number): ReadingGroup;
  /** Time of the next reading. */
  readonly nowMs: number;
}

export interface PlantOptions {
  sensors: number;
  /** Time between two readings of a sensor, default 1000. */
  intervalMs?: number;
  /** Standard deviation of the noise in quanta of 0.01, default 20. */
  sigma?: number;
  /** How much of the noise of a sensor's last reading is in the next: an AR(1). Default 0. */
  memory?: number;
  /** Standard deviation of the times in ms, default 0. */
  jitterMs?: number;
  startMs?: number;
  seed?: number;
  flags?: number;
}

export const PLANT_START_MS = Date.UTC(2026, 0, 1);

export function createPlant(options: PlantOptions): Plant {
  const { sensors, intervalMs = 1000, sigma = 20, memory = 0, jitterMs = 0, flags = 0 } = options;
  const startMs = options.startMs ?? PLANT_START_MS;
  const gauss = gaussian(options.seed ?? 1);
  const noise = new Float64Array(sensors);
  let count = 0;
  const timeOf = (i: number) =>
    startMs + Math.floor(i / sensors) * intervalMs +
    Math.floor((i % sensors) * intervalMs / sensors);
  return {
    get nowMs() {
      return timeOf(count);
    },
    next(n) {
      const sensor = new Uint32Array(n);
      const tMs = new Float64Array(n);
      const value = new Float64Array(n);
      for (let i = 0; i < n; i++, count++) {
        sensor[i] = 1 + count % sensors;
        tMs[i] = timeOf(count) + (jitterMs > 0 ? Math.round(jitterMs * gauss()) : 0);
        // A level of its own and a slow swing of some quanta, under the noise.
        const level = 2000 + sensor[i] * 10 + 30 * Math.sin(tMs[i] / 600_000);
        const own = memory * noise[count % sensors] + sigma * gauss();
        noise[count % sensors] = own;
        value[i] = Math.round(level + own) / 100;
      }
      return {
        n,
        sensor,
        tMs,
        value,
        flags: new Uint8Array(n).fill(flags),
        seq: null,
        packets: [],
      };
    },
  };
}

function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
