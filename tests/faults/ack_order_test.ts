import assert from "node:assert/strict";
import mqtt from "mqtt";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { addKey, perchCommand, ROOT, startPerch } from "../support/perch.ts";
import { subscribed } from "../support/subscribed.ts";
import { sabotaged } from "../support/sabotage.ts";
import { parseSyscalls, STRACE_FLAGS } from "../support/syscalls.ts";
import { followJourneys, type Journey, tooEarly } from "./ack_order.ts";

const BY_MQTT = 800;
const BY_HTTP = 200;
/** A value that lies across two pages of the log is not found as eight bytes in a row. */
const LEAST_FOUND = 0.95;

function haveStrace(): boolean {
  try {
    return Deno.statSync("/usr/bin/strace").isFile;
  } catch {
    if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") {
      throw new Error("strace is not installed: apt-get install strace");
    }
    console.warn("SKIPPED: strace is not installed (apt-get install strace)");
    return false;
  }
}

/** Records 1 000 messages with strace. */
async function record(unsafe: boolean): Promise<Journey[]> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-acks-" });
  const traces = await Deno.makeTempDir({ prefix: "perch-strace-" });
  await using broker = await startMosquitto({ config: ["max_queued_messages 0"] });
  const key = await addKey({ dataDir, role: "engineer" });
  const [deno, args] = perchCommand(undefined, []);
  const command = unsafe
    ? args.map((arg) => arg === `${ROOT}main.ts` ? `${ROOT}tests/support/unsafe_perch.ts` : arg)
    : args;
  const perch = await startPerch({
    dataDir,
    binary: ["/usr/bin/strace", ...STRACE_FLAGS, "-o", `${traces}/t`, deno, ...command],
    env: { MQTT_URL: `mqtt://127.0.0.1:${broker.port}`, MQTT_CLIENT_ID: "acks" },
    readyMs: 60_000,
  });
  try {
    const sent = new Map<number, "mqtt" | "http">();
    await subscribed(perch, key);
    await publishAll(broker.port, sent);
    await postAll(perch.url, key, sent);
    const { pid } = JSON.parse(await Deno.readTextFile(`${dataDir}/perch.lock`));
    Deno.kill(pid, "SIGTERM");
    await perch.stop();
    const texts = [...Deno.readDirSync(traces)].map((entry) =>
      Deno.readTextFileSync(`${traces}/${entry.name}`)
    );
    const ports = { broker: broker.port, http: Number(new URL(perch.url).port) };
    return followJourneys(parseSyscalls(texts), sent, ports);
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
    await Deno.remove(traces, { recursive: true });
  }
}

/** Values with all 53 bits in use: no decimal scale holds them. */
function fullValue(sent: Map<number, "mqtt" | "http">, via: "mqtt" | "http"): number {
  const value = 100 + Math.random();
  sent.set(value, via);
  return value;
}

async function publishAll(port: number, sent: Map<number, "mqtt" | "http">): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
  for (let i = 0; i < BY_MQTT; i++) {
    const payload = JSON.stringify({ value: fullValue(sent, "mqtt"), ts: Date.now() });
    const published = client.publishAsync(`factory/acks/m${i % 20}/value`, payload, { qos: 1 });
    // Alternately alone and in groups.
    if (i % 4 === 0 || i > BY_MQTT / 2) await published;
  }
  await client.endAsync();
}

async function postAll(
  url: string,
  key: string,
  sent: Map<number, "mqtt" | "http">,
): Promise<void> {
  for (let i = 0; i < BY_HTTP; i++) {
    const value = fullValue(sent, "http");
    const response = await fetch(`${url}/api/ingest`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ machine: "acks", sensor: `h${i % 5}`, value, ts: Date.now() }),
    });
    assert.ok(response.ok, await response.text());
  }
}

// T2. Its control: SABOTAGE=ack-order runs with synchronous=NORMAL, and the test must be red.
Deno.test({
  name: "acknowledgements of 1 000 messages follow the fsync that holds their row",
  ignore: !haveMosquitto() || !haveStrace(),
}, async () => {
  const journeys = await record(sabotaged("ack-order"));
  for (const [via, n] of [["mqtt", BY_MQTT], ["http", BY_HTTP]] as const) {
    const mine = journeys.filter((one) => one.via === via);
    assert.equal(mine.length, n);
    const followed = mine.filter((one) =>
      one.writtenS !== undefined && one.acknowledgedS !== undefined
    );
    assert.ok(
      followed.length >= LEAST_FOUND * n,
      `${via}: ${followed.length} of ${n} could be followed`,
    );
  }
  assert.deepEqual(tooEarly(journeys).slice(0, 5), []);
});

Deno.test("tooEarly reports an acknowledgement before, and without, its fsync", () => {
  const good = { value: 1, via: "mqtt", writtenS: 1, syncedS: 2, acknowledgedS: 2.1 } as const;
  assert.deepEqual(tooEarly([good]), []);
  assert.equal(tooEarly([{ ...good, acknowledgedS: 1.9 }]).length, 1);
  assert.equal(tooEarly([{ ...good, syncedS: undefined }]).length, 1);
});
