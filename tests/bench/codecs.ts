import { silentLog } from "../../lib/base/log.ts";
import { createSandbox } from "../../lib/scripts/sandbox.ts";
import type { Sandbox } from "../../lib/scripts/script.ts";
import { type BenchOptions, type BenchResult, doing, median } from "../support/bench.ts";

/*
 * Messages that one codec decodes in the sandbox, from the input's object to the answer's on the main thread: a
 * payload of JSON, two values. In batches as the gate makes them, and one by one. Beside it the same function in plain
 * V8, in the same rounds; and what an idle codec costs.
 */

const SOURCE = `export const topics = ["pumps/+/telemetry"];
export function decode({ text }) {
  const { t, p } = JSON.parse(text);
  return [{ sensor: "temperature", value: t / 10, unit: "°C" }, { sensor: "pressure", value: p }];
}`;
const BATCH = 64;

type Decode = (input: { text: string }) => unknown;

/** Runs all rounds. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const rounds = options.quick ? 1 : 5;
  const ms = options.quick ? 200 : 2_000;
  const sandbox = createSandbox({ log: silentLog() });
  try {
    const before = Deno.memoryUsage().rss;
    const startedMs = performance.now();
    const decode = await scriptOf(sandbox);
    const loadMs = performance.now() - startedMs;
    const grown = Deno.memoryUsage().rss - before;
    const plain = await plainDecode();
    const [batches, single, inV8]: number[][] = [[], [], []];
    for (let round = 1; round <= rounds; round++) {
      doing("a codec in the sandbox, and the same in V8", round, rounds);
      batches.push(await rate(ms, BATCH, (inputs) => decode.call("decode", inputs)));
      single.push(await rate(ms / 2, 1, (inputs) => decode.call("decode", inputs)));
      inV8.push(await rate(ms / 2, BATCH, (inputs) => Promise.resolve(inputs.map(plain))));
    }
    return {
      name: "codecs",
      figures: {
        messages_per_s: Math.round(median(batches)),
        one_by_one_per_s: Math.round(median(single)),
        plain_v8_per_s: Math.round(median(inV8)),
        times_plain_v8: median(batches.map((one, i) => inV8[i] / one)),
        first_load_ms: loadMs,
        first_load_mb: grown / 1e6,
      },
    };
  } finally {
    sandbox.stop();
  }
}

async function scriptOf(sandbox: Sandbox) {
  const loaded = await sandbox.load({ kind: "codec", name: "bench", source: SOURCE, hash: "" });
  if ("fault" in loaded) throw new Error(loaded.fault.message);
  return loaded.script;
}

async function plainDecode(): Promise<Decode> {
  const { decode } = await import(`data:text/javascript,${encodeURIComponent(SOURCE)}`);
  return decode;
}

/** Messages in a second. */
async function rate(
  forMs: number,
  batch: number,
  decode: (inputs: { text: string }[]) => Promise<unknown[]>,
): Promise<number> {
  const inputs = Array.from({ length: batch }, (_, i) => ({
    topic: `pumps/p${i}/telemetry`,
    text: `{"t": ${200 + i}, "p": 3.2, "name": "pump ${i}"}`,
    received_ms: 1_790_000_000_000 + i,
  }));
  let count = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < forMs) count += (await decode(inputs)).length;
  return count / (performance.now() - startedMs) * 1_000;
}
