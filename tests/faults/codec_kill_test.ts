/**
 * A codec breaks while traffic flows, and Perch is killed (SIGKILL) while its messages go to the disk, and again
 * while they are decoded after the repair: each message that was acknowledged is stored exactly once. They are numbers
 * alone, so that nothing but their delivery tells that one came again. `CODEC_KILLS` sets how many rounds (1; the
 * soak 50): each is two starts of Perch, which take their time. Control: `SABOTAGE=codec_kill` removes the spool after
 * each kill, and the test must be red.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { startLoad } from "../support/mqtt_load.ts";
import { addKey, startPerch } from "../support/perch.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";
import { compare, judgePlain } from "./kill.ts";

const ROUNDS = Number(Deno.env.get("CODEC_KILLS") ?? 1);
/** It takes its time, so that a kill falls into it. */
const GOOD = `export const topics = ["raw/+/value"];
export function decode({ topic, text }) {
  for (let i = 0; i < 20000; i++);
  return [{ sensor: "load/" + topic.split("/")[1] + "/value", value: Number(text) }];
}
`;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test({
  name: `codecs: kill -9 while one is broken, and while it catches up, loses and repeats nothing`,
  ignore: !haveMosquitto(),
}, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-codecs-" });
  await Deno.mkdir(`${dataDir}/codecs`);
  let version = 0;
  /** Each text is another one. */
  const write = (text: string) =>
    Deno.writeTextFile(`${dataDir}/codecs/pump.js`, `${text}// ${version++}\n`);
  await write(GOOD);
  await using broker = await startMosquitto({ config: ["max_queued_messages 100000"] });
  const key = await addKey({ dataDir, role: "viewer" });
  const start = () =>
    startPerch({
      dataDir,
      env: { MQTT_URL: `mqtt://127.0.0.1:${broker.port}`, MQTT_CLIENT_ID: "codecs" },
    });
  let perch = await start();
  const figure = async (name: string) => {
    const response = await fetch(`${perch.url}/metrics`, {
      headers: { authorization: `Bearer ${key}` },
    });
    return Number(new RegExp(`^${name}\\{.*\\} (\\d+)`, "m").exec(await response.text())?.[1]);
  };
  const atLeast = (name: string, n: number) =>
    until(`${name} ${n}`, async () => await figure(name) >= n ? true : null);
  const kill = async () => {
    await perch.kill();
    if (sabotaged("codec_kill")) await removeMessages(`${dataDir}/spool`);
    perch = await start();
  };
  try {
    await subscribedTo(broker.port, () => figure("perch_codec_messages_total"));
    const load = startLoad({
      port: broker.port,
      devices: 5,
      ratePerS: 400,
      topic: "raw",
      payload: "plain",
    });
    let left = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await write(`${GOOD}}`);
      await atLeast("perch_codec_waiting", 100);
      await sleep(Math.random() * 300);
      await kill();
      await atLeast("perch_codec_waiting", 300);
      await write(GOOD);
      await until("it to catch up", async () => await figure("perch_codec_paused") === 0 || null);
      await sleep(Math.random() * 300);
      left += await figure("perch_codec_waiting");
      await kill();
    }
    await load.stop();
    const ledger = load.ledger();
    const report = await compare(() => judgePlain(perch, key, ledger));
    console.log(
      `  ${report.acknowledged} acknowledged, ${report.lost} lost, ${report.duplicate} twice`,
    );
    assert.deepEqual(report.examples, []);
    assert.deepEqual([report.lost, report.duplicate, report.wrong], [0, 0, 0]);
    assert.ok(report.acknowledged > 400, "the load ran");
    assert.ok(left > 0, "a kill fell into catching up");
    await until("nothing to wait", async () => await figure("perch_codec_waiting") === 0 || null);
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
});

async function removeMessages(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".spool")) await Deno.remove(`${folder}/${name}`);
  }
}

/** Waits until a message for the codec arrives: what is sent before its subscription belongs to nobody. */
async function subscribedTo(port: number, messages: () => Promise<number>): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  await until("the codec's subscription", async () => {
    await client.publishAsync("raw/probe/value", "1", { qos: 1 });
    return await messages() > 0 || null;
  });
  await client.endAsync();
}
