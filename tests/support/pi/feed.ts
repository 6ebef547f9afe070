/** 200 readings a second as a plant of ten machines sends them: each sensor once a second, 20 requests a second. */
const MACHINES = 10;
const SENSORS = 20;
const EVERY_MS = 50;
const PARTS = 1_000 / EVERY_MS;
export const READINGS_PER_S = MACHINES * SENSORS;
const PER_REQUEST = READINGS_PER_S / PARTS;

/** Full names, in the order in which they are sent. */
export const FED_SENSORS: readonly string[] = Array.from(
  { length: READINGS_PER_S },
  (_, i) => `pi/machine-${i % MACHINES}/s${Math.floor(i / MACHINES)}`,
);

export interface Feed {
  /** Ms from the moment a request was due to its acknowledgement, since the last call. */
  take(): number[];
  /** Resolves when all is answered, with how many readings were acknowledged. @throws Error when one was refused */
  stop(): Promise<number>;
}

/** Sends line protocol until it is stopped, whatever the answers do. */
export function startFeed(url: string, headers: Record<string, string>): Feed {
  let latencies: number[] = [];
  let acknowledged = 0;
  let next = 0;
  let isOver = false;
  const open = new Set<Promise<void>>();
  let failure: unknown = null;
  const startMs = performance.now();
  const firstMs = Date.now();

  async function send(i: number): Promise<void> {
    const tMs = firstMs + i * EVERY_MS;
    const lines = Array.from({ length: PER_REQUEST }, (_, k) => {
      const s = (i % PARTS) * PER_REQUEST + k;
      const [area, machine, sensor] = FED_SENSORS[s].split("/");
      const value = 20 + s / 10 + Math.sin(tMs / 60_000 + s) + Math.random() / 5;
      return `x,machine=${area}/${machine},sensor=${sensor} value=${value.toFixed(2)} ${tMs}`;
    });
    const body = lines.join("\n");
    const ask = () =>
      fetch(`${url}/api/v2/write?precision=ms`, {
        method: "POST",
        headers: { ...headers, "content-type": "text/plain" },
        body,
      });
    // As devices do when the connection that was kept is closed: what comes twice is known by its times.
    const response = await ask().catch(ask);
    const text = await response.text();
    if (response.status !== 204) throw new Error(`${response.status} ${text}`);
    latencies.push(performance.now() - startMs - i * EVERY_MS);
    acknowledged += PER_REQUEST;
  }

  const sending = (async () => {
    while (!isOver) {
      const waitMs = next * EVERY_MS - (performance.now() - startMs);
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const answer = send(next++).catch((error) => void (failure ??= error)).finally(() =>
        open.delete(answer)
      );
      open.add(answer);
    }
  })();
  return {
    take() {
      const taken = latencies;
      latencies = [];
      return taken;
    },
    async stop() {
      isOver = true;
      await sending;
      await Promise.all(open);
      if (failure !== null) throw failure;
      return acknowledged;
    },
  };
}
