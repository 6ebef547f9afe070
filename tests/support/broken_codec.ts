/**
 * A Perch with a codec under traffic, and that codec broken: for walks through its repair. Control:
 * SABOTAGE=spool_lost cuts off what waits on disk, so that what was held never arrives.
 */
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { perchHere } from "./command_here.ts";
import { type Load, startLoad, valueOf } from "./mqtt_load.ts";
import { startPerch } from "./perch.ts";
import { freePort } from "./port.ts";
import { sabotaged } from "./sabotage.ts";
import { until } from "./until.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

export const ADMIN = { email: "ana@plant.example", password: "words that nobody else has" };

/** Devices that say `{"value","ts","seq"}` on a topic that no dialect knows. */
const CODEC = `export const topics = ["pumps/+/value"];

export function decode({ topic, text }) {
  const { value, ts } = JSON.parse(text);
  return [{ sensor: "pumps/" + topic.split("/")[1] + "/value", value, ts_ms: ts }];
}
`;
export const BROKEN = CODEC.replace("ts_ms: ts }];", "ts_ms: ts };");

export interface CodecSite extends AsyncDisposable {
  url: string;
  /** How many readings of the codec's first device are stored, and of another one's. */
  stored(): Promise<{ pumps: number; others: number }>;
  /** Messages for the codec that were acknowledged. */
  acknowledged(): number;
  break(): Promise<void>;
  /** The sabotage: cuts off what waits on disk. */
  loseHeld(): void;
  /** The codec's file, and what is kept beside it. */
  files(): Promise<{ text: string; kept: string[] }>;
  /** Ends the traffic: everything that the devices sent is stored once, with its value. */
  assertAllArrived(): Promise<void>;
  /** Messages that the codec cannot read. */
  garbage(): Promise<void>;
  api(path: string): Promise<Json>;
}

/** Starts it with an admin, two devices whose messages the codec decodes, and two others. */
export async function codecSite(dataDir: string): Promise<CodecSite> {
  await perchHere(dataDir, ["user", "add", "--email", ADMIN.email, "--role", "admin"], {
    input: ADMIN.password,
  });
  const { key } = JSON.parse(
    (await perchHere(dataDir, ["key", "add", "--name", "test", "--role", "admin", "--json"])).out,
  );
  const file = `${dataDir}/codecs/pumps.js`;
  await Deno.mkdir(`${dataDir}/codecs`);
  await Deno.writeTextFile(file, CODEC);
  const port = freePort();
  const perch = await startPerch({ dataDir, env: { MQTT_PORT: String(port) } });
  const startMs = Date.now() - 600_000;
  const load = (topic: string, prefix: string) =>
    startLoad({ port, devices: 2, ratePerS: 60, startMs, topic, prefix });
  const pumps = load("pumps", "p");
  const others = load("factory/others", "o");

  async function api(path: string): Promise<Json> {
    const response = await fetch(perch.url + path, { headers: { authorization: `Bearer ${key}` } });
    if (response.ok) return await response.json();
    await response.body?.cancel();
    return null;
  }
  /** By time. */
  async function readings(sensor: string): Promise<Map<number, number>> {
    const all = await api(`/api/readings?sensor=${sensor}&from=${startMs}&points=0`);
    return new Map((all?.t ?? []).map((t: number, i: number) => [t, all.v[i]]));
  }
  async function assertArrived(of: Load, place: string): Promise<void> {
    await of.stop();
    for (const [i, { device, sent, open }] of of.ledger().entries()) {
      const want = new Map<number, number>();
      for (let seq = 0; seq < sent; seq++) want.set(startMs + seq, valueOf(i, seq));
      // What was not acknowledged may be there or not.
      const isOpen = new Set(open.map((seq) => startMs + seq));
      const have = await until(`what ${device} sent`, async () => {
        const now = await readings(`${place}/${device}/value`);
        return [...want.keys()].every((t) => now.has(t) || isOpen.has(t)) ? now : null;
      });
      for (const t of isOpen) if (!have.has(t)) want.delete(t);
      assert.deepEqual(have, want, device);
    }
  }

  return {
    url: perch.url,
    api,
    acknowledged: pumps.acknowledged,
    stored: async () => ({
      pumps: (await readings("pumps/p0/value")).size,
      others: (await readings("others/o0/value")).size,
    }),
    break: () => Deno.writeTextFile(file, BROKEN),
    loseHeld() {
      for (const { name, size } of spooled(`${dataDir}/spool`)) {
        Deno.truncateSync(name, Math.floor(size / 2));
      }
    },
    async files() {
      const names = [...Deno.readDirSync(`${dataDir}/codecs`)].map(({ name }) => name);
      const kept = names.filter((name) => name !== "pumps.js");
      const read = (name: string) => Deno.readTextFile(`${dataDir}/codecs/${name}`);
      return { text: await read("pumps.js"), kept: await Promise.all(kept.map(read)) };
    },
    async assertAllArrived() {
      await assertArrived(pumps, "pumps");
      await assertArrived(others, "others");
    },
    async garbage() {
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
      for (let n = 0; n < 8; n++) {
        await client.publishAsync("pumps/p0/value", "no JSON", { qos: 1 });
      }
      await client.endAsync();
    },
    async [Symbol.asyncDispose]() {
      await pumps.stop();
      await others.stop();
      await perch.kill();
    },
  };
}

function spooled(folder: string): { name: string; size: number }[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`)
    .map((name) => ({ name, size: Deno.statSync(name).size })).filter(({ size }) => size > 0);
}

/** The codec's messages wait, acknowledged, and those of others go on. */
export async function assertOthersGoOn(
  { stored, acknowledged, loseHeld }: CodecSite,
): Promise<void> {
  const before = { ...await stored(), acknowledged: acknowledged() };
  await until(
    "others",
    async () => (await stored()).others > before.others + 20 || null,
  );
  assert.ok(acknowledged() > before.acknowledged);
  assert.equal((await stored()).pumps, before.pumps);
  if (sabotaged("spool_lost")) loseHeld();
}
