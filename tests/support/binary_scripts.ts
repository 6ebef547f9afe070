/** What only a started binary shows of scripts and of the model: the sandbox, the parser and the SDK are inside it. */
import assert from "node:assert/strict";
import type { FakeGemini } from "./fake_gemini.ts";
import { until } from "./until.ts";

export interface RunningBinary {
  url: string;
  headers: Record<string, string>;
  dataDir: string;
  publish(topic: string, payload: string): Promise<void>;
  /** Longest wait for anything. */
  patienceMs: number;
}

const CODEC = `export const topics = ["meters/+/raw"];

export function decode({ topic, text }) {
  const { dV } = JSON.parse(text);
  return [{ sensor: topic.split("/")[1] + "/voltage", value: dV / 10, unit: "V" }];
}
`;

/**
 * A codec decodes; broken it is paused, and its topics wait; what was held comes once it is right again.
 * @param corrects a correction is waited for: each try takes seconds under qemu
 */
export async function assertCodecsWork(
  { url, headers, dataDir, publish, patienceMs }: RunningBinary,
  corrects: boolean,
): Promise<void> {
  const get = async (path: string) => {
    const response = await fetch(url + path, { headers });
    const text = await response.text();
    assert.ok(response.ok || response.status === 404, `${path}: ${text}`);
    return response.ok ? JSON.parse(text) : null;
  };
  const values = async () => (await get("/api/readings?sensor=m1/voltage&points=0"))?.v ?? [];
  /** Under qemu a message may take longer than a script may, now and then: its codec is paused, and people resume it. */
  async function resume(): Promise<void> {
    const { items } = await get("/api/faults?component=codec:meters&state=open");
    if (!items.some(({ type }: { type: string }) => type === "time_error")) return;
    const path = "/api/components/codec:meters/resume";
    await (await fetch(url + path, { method: "POST", headers })).body?.cancel();
  }
  const arrived = (wanted: readonly number[]) =>
    until(`voltages ${wanted}`, async () => {
      const found: number[] = await values();
      if (found.length === wanted.length) return found;
      if (!corrects) await resume();
      return null;
    }, patienceMs).catch(async (error) => {
      const faults = await get("/api/faults?component=codec:meters");
      const parts = await get("/api/components");
      const seen = parts.items.filter(({ name }: { name: string }) => name.startsWith("codec"));
      throw new Error(`${error.message}; ${JSON.stringify({ faults: faults.items, seen })}`);
    });
  await Deno.mkdir(`${dataDir}/codecs`, { recursive: true });
  const file = `${dataDir}/codecs/meters.js`;
  await Deno.writeTextFile(file, CODEC);
  // It is listed while it is being loaded, and what it exports is known before its topics are its own.
  const loaded = async () =>
    (await get("/api/components")).items.some((
      { name, detail }: { name: string; detail: string },
    ) => name === "codec:meters" && detail.startsWith("0 messages"));
  await until("the codec", async () => await loaded() || null, patienceMs);
  await publish("meters/m1/raw", '{"dV":2301}');
  assert.deepEqual(await arrived([230.1]), [230.1]);

  await Deno.writeTextFile(file, CODEC.replace('"V" }]', '"V" }'));
  const fault = await until("its fault", async () => {
    const { items } = await get("/api/faults?component=codec:meters");
    return items.find((one: { file: string }) => one.file === "codecs/meters.js") ?? null;
  }, patienceMs);
  assert.equal(fault.line, 5);
  await publish("meters/m1/raw", '{"dV":2299}');
  if (corrects) {
    const [proposed] = await until("a correction", async () => {
      const { items } = await get(`/api/faults/${fault.id}/corrections`);
      return items.length > 0 ? items : null;
    }, patienceMs);
    assert.match(proposed.diff, /^\+.*"V" \}\];$/m);
  }
  assert.deepEqual(await values(), [230.1]);

  await Deno.writeTextFile(file, CODEC);
  assert.deepEqual(await arrived([230.1, 229.9]), [230.1, 229.9]);
}

/** The analysis is the model's. */
export async function assertModelIsAsked(
  { url, headers }: RunningBinary,
  gemini: FakeGemini,
): Promise<void> {
  // A correction was asked for before.
  const before = gemini.calls.length;
  const response = await fetch(`${url}/api/ai/analyze`, { method: "POST", headers, body: "{}" });
  const text = await response.text();
  assert.ok(response.ok, text);
  assert.equal(gemini.calls.length, before + 1, text);
  assert.equal(JSON.parse(text).author, gemini.calls.at(-1)!.model, text);
}
