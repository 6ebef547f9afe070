/** 500 readings a second from 25 sensors, one batch every 50 ms, whatever the answers do. */
const SENSORS = 25;
const EVERY_MS = 50;
export const READINGS_PER_S = SENSORS * 1_000 / EVERY_MS;
/** Of the readings; as far as a device's clock may be behind. */
const FIRST_MS = Date.UTC(2026, 0, 1);

/** What was sent: batch `i` has the value `i` for each sensor. */
export interface Load {
  /** From the moment a batch was due to its acknowledgement, since the last call. */
  take(): number[];
  /** Batches that were acknowledged without a gap before them. */
  acknowledged(): number;
  /** Resolves when all is answered. @throws Error when a batch was refused */
  stop(): Promise<void>;
}

export function startLoad(url: string, headers: Record<string, string>): Load {
  let latencies: number[] = [];
  let next = 0;
  let isOver = false;
  const waiting = new Set<number>();
  const answers: Promise<void>[] = [];
  const startMs = performance.now();

  async function send(i: number): Promise<void> {
    waiting.add(i);
    const readings = Array.from({ length: SENSORS }, (_, sensor) => ({
      ...{ machine: "bench/m", sensor: `s${sensor}`, ts: FIRST_MS + i * EVERY_MS, value: i },
    }));
    const response = await fetch(`${url}/api/ingest/batch`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(readings),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    latencies.push(performance.now() - startMs - i * EVERY_MS);
    waiting.delete(i);
  }

  const sending = (async () => {
    while (!isOver) {
      const waitMs = next * EVERY_MS - (performance.now() - startMs);
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const answer = send(next++);
      answer.catch(() => {});
      answers.push(answer);
    }
  })();
  return {
    take() {
      const taken = latencies;
      latencies = [];
      return taken;
    },
    acknowledged: () => waiting.size === 0 ? next : Math.min(...waiting),
    async stop() {
      isOver = true;
      await sending;
      await Promise.all(answers);
    },
  };
}

/** How many readings of the first and the last sensor are stored; they have to be those that were sent first. */
export async function storedBatches(url: string, headers: Record<string, string>): Promise<number> {
  const counts: number[] = [];
  for (const sensor of [0, SENSORS - 1]) {
    let count = 0;
    for (;;) {
      const response = await fetch(
        `${url}/api/readings?sensor=bench/m/s${sensor}&points=0&limit=50000` +
          `&from=${FIRST_MS + count * EVERY_MS}&to=${FIRST_MS + 1e9}`,
        { headers },
      );
      if (!response.ok) throw new Error(await response.text());
      const { v } = await response.json() as { v: number[] };
      if (v.length === 0) break;
      v.forEach((value, i) => {
        if (value === count + i) return;
        throw new Error(`reading ${count + i} of s${sensor} is ${value}`);
      });
      count += v.length;
    }
    counts.push(count);
  }
  if (counts[0] !== counts[1]) throw new Error(`half a batch: ${counts.join(" and ")} readings`);
  return counts[0];
}
