import { benchPerch, processCpuS, processMemory } from "./setup.ts";

/** Lines for the broker under test; printed with the figures. */
export const BROKER_CONFIG = [
  "max_inflight_messages 2000",
  "max_queued_messages 0",
  "max_queued_bytes 0",
  "set_tcp_nodelay true",
  "persistence false",
];

const script = (name: string) => new URL(name, import.meta.url).pathname;

/** Publishes `count` messages from 20 clients; resolves when the broker has acknowledged all. */
export async function publish(port: number, count: number): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      script("../../support/mqtt_load.ts"),
      `--port=${port}`,
      `--messages=${count}`,
      "--window=500",
    ],
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Messages/s from the first publish until one `mosquitto_sub` at QoS 1 has received all. */
export async function mosquittoAlone(port: number, count: number): Promise<number> {
  const subscriber = new Deno.Command("mosquitto_sub", {
    args: "-V 5 -D connect receive-maximum 2000 -q 1 -t factory/#".split(" ")
      .concat("-p", String(port), "-C", String(count)),
    stdout: "null",
  }).spawn();
  await new Promise((r) => setTimeout(r, 500));
  const startMs = performance.now();
  await publish(port, count);
  await subscriber.status;
  return count / (performance.now() - startMs) * 1000;
}

export interface PerchThroughput {
  perS: number;
  peakMb: number;
  cpuUsPerReading: number;
}

/** Readings/s from the first publish until Perch has committed all. */
export async function perchThroughput(
  port: number,
  count: number,
  env: Record<string, string>,
): Promise<PerchThroughput> {
  const perch = await benchPerch({ MQTT_URL: `mqtt://127.0.0.1:${port}`, ...env });
  try {
    const cpuS = processCpuS(perch.perch.pid);
    const startMs = performance.now();
    const publishing = publish(port, count);
    await perch.until("perch_readings_stored_total", count, 120_000);
    const ms = performance.now() - startMs;
    await publishing;
    return {
      perS: count / ms * 1000,
      peakMb: processMemory(perch.perch.pid).peakMb,
      cpuUsPerReading: (processCpuS(perch.perch.pid) - cpuS) / count * 1e6,
    };
  } finally {
    await perch.stop();
  }
}

/** Messages/s of the ordinary design (see `per_message.ts`). */
export async function perMessage(
  port: number,
  count: number,
  env: Record<string, string>,
): Promise<number> {
  const dir = await Deno.makeTempDir({ prefix: "perch-bench-" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script("per_message.ts"), String(port), `${dir}/db`, String(count)],
      env,
      stdout: "piped",
    }).spawn();
    let text = "";
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => {
      const { value, done } = await reader.read();
      if (done) throw new Error("the baseline ended early");
      text += value;
    };
    while (!text.includes("ready")) await next();
    const publishing = publish(port, count);
    while (!text.includes("}")) await next();
    await publishing;
    await child.status;
    const { n, ms } = JSON.parse(text.slice(text.indexOf("{")));
    return n / ms * 1000;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
