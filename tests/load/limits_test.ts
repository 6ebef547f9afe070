/**
 * T12: oversized, deep, wide and multiplying inputs at a Perch of its own process: each is refused clearly or
 * bounded, others are served meanwhile, memory stays, and a runaway publisher is told of by an alarm.
 * `LIMITS_TOPICS` sets how many topics that publisher has (1 000; the soak 100 000).
 * `SABOTAGE=limits`: a Perch that keeps twenty times what it reads; the test must fail.
 */
import assert from "node:assert/strict";
import { ROOT } from "../support/perch.ts";
import { addKey, type PerchProcess, startPerch } from "../support/perch.ts";
import { connectPacket, joined, publishPacket } from "../support/hostile.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";

const TOPICS = Number(Deno.env.get("LIMITS_TOPICS") ?? 1_000);
const NEW_MOST = 50;
/** 50 MB, and what a collector leaves lying for a while. */
const MEMORY_MOST = 64 * 1024 * 1024;

interface Site {
  perch: PerchProcess;
  key: string;
  mqttPort: number;
}

/** Private memory of a process: what it allocated, without the mapped binary. */
function memory(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)![1]) * 1024;
}

async function withSite(run: (site: Site) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  const mqttPort = freePort();
  const env = {
    MQTT_PORT: `${mqttPort}`,
    NEW_SENSORS_PER_HOUR: `${NEW_MOST}`,
    // A heap that collects its garbage in time, so that memory says what is held.
    DENO_V8_FLAGS: "--max-old-space-size=80,--max-semi-space-size=2",
    SABOTAGE: Deno.env.get("SABOTAGE") ?? "",
  };
  const key = await addKey({ dataDir, role: "admin" });
  const binary = sabotaged("limits")
    ? [Deno.execPath(), "run", "-A", `${ROOT}tests/support/unsafe_perch.ts`]
    : undefined;
  const perch = await startPerch({ dataDir, env, binary });
  try {
    await run({ perch, key, mqttPort });
  } finally {
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function post(
  { perch, key }: Site,
  path: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(perch.url + path, {
    method: "POST",
    body,
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      ...headers,
    },
  });
  return { status: response.status, text: await response.text() };
}

/** Publishes at QoS 1 and waits for each acknowledgement. */
async function publish(
  { mqttPort }: Site,
  messages: readonly { topic: string; payload: Uint8Array }[],
): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: mqttPort });
  const buffer = new Uint8Array(4_096);
  const read = async (want: number) => {
    for (let got = 0; got < want;) {
      const n = await conn.read(buffer);
      if (n === null) throw new Error("the broker closed the connection");
      got += n;
    }
  };
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  };
  await write(connectPacket("limits"));
  await read(4);
  for (let at = 0; at < messages.length; at += 20) {
    const group = messages.slice(at, at + 20);
    await write(joined(group.map(({ topic, payload }, i) => publishPacket(topic, payload, i + 1))));
    await read(4 * group.length);
  }
  conn.close();
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const many = (n: number, item: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => item(i));

async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(packed).arrayBuffer();
}

const LINE = "/api/v2/write?precision=ms";

/** What is sent, and the answers that are right. */
const REQUESTS: [string, string, () => BodyInit | Promise<BodyInit>, number[]][] = [
  ["3 MB", "/api/ingest/batch", () => `["${"x".repeat(3_000_000)}"]`, [413]],
  ["depth 100 000", "/api/ingest/batch", () => "[".repeat(100_000) + "]".repeat(100_000), [400]],
  [
    "depth 300 000, objects",
    "/api/ingest",
    () => `${'{"a":'.repeat(300_000)}1${"}".repeat(300_000)}`,
    [400],
  ],
  [
    "150 000 keys",
    "/api/ingest",
    () => `{"machine":"a/b","sensor":"s","value":1,${many(150_000, (i) => `"k${i}":1`)}}`,
    [413],
  ],
  ["1 M zeros", "/api/ingest/batch", () => `[${"0,".repeat(999_999)}0]`, [413]],
  ["700 000 empty objects", "/api/ingest/batch", () => `[${"{},".repeat(690_000)}{}]`, [413]],
  ["45 000 zeros", "/api/ingest/batch", () => `[${"0,".repeat(44_999)}0]`, [200]],
  ["1 M lines of JSON", "/api/ingest/batch", () => "{}\n" + "0\n".repeat(1_000_000), [413]],
  ["500 000 fields in a line", LINE, () => `m ${"a=1,".repeat(500_000)}a=1`, [400]],
  ["300 000 fields in lines", LINE, () => `m a=1,b=2,c=3\n`.repeat(140_000), [413]],
  [
    "names of 1 000 characters for 4 bytes each",
    LINE,
    () =>
      many(60, (i) =>
        `m,machine=${many(10, () => "x".repeat(99)).join("/")}${i} ` +
        many(5_000, (n) => `f${n}=1`).join()).join("\n"),
    [400, 413],
  ],
  ["100 000 open quotes", LINE, () => 'm s="x\n'.repeat(100_000), [400, 413]],
  ["70 000 lines of nothing", LINE, () => "x\n".repeat(70_000), [400]],
];

const MESSAGES: [string, string, () => Uint8Array][] = [
  [
    "10 000 rejects of one message",
    "factory/a/b/c",
    () => utf8(`["${"x".repeat(30_000)}"${",0".repeat(9_990)}]`),
  ],
  ["depth 500 000", "factory/deep/m", () => utf8("[".repeat(500_000) + "]".repeat(500_000))],
  ["70 000 keys", "factory/wide/m", () => utf8(`{${many(70_000, (i) => `"k${i}":1`)}}`)],
  [
    "long keys over many values",
    "factory/long/m",
    () => utf8(`{"${"k".repeat(400_000)}":{${many(9_000, (i) => `"v${i}":1`)}}}`),
  ],
  ["1 MB of NUL", "factory/nul/m", () => new Uint8Array(1_000_000)],
  ["a long topic", `factory/${"t".repeat(60_000)}`, () => utf8("1")],
];

Deno.test("T12: what multiplies is refused or bounded, others are served, memory stays", () =>
  withSite(async (site) => {
    const { perch } = site;
    const good = (value: number) =>
      post(site, "/api/ingest", JSON.stringify({ machine: "good/m", sensor: "s", value }));
    // The first of everything is slow and takes memory once.
    for (let i = 0; i < 2; i++) {
      const batch = `[${many(40_000, (n) => `{"tag":"a/b","value":${n},"seq":${n}}`)}]`;
      await post(site, "/api/ingest/batch", batch);
      await post(site, LINE, many(60_000, (n) => `m,host=h v=${n},w=1`).join("\n"));
    }
    for (let i = 0; i < 50; i++) await good(i);
    const baseBytes = memory(perch.pid);

    let over = false;
    const served = { good: 0, bad: 0, slowestMs: 0 };
    const probing = (async () => {
      while (!over) {
        const startedMs = performance.now();
        (await good(served.good)).status === 200 ? served.good++ : served.bad++;
        served.slowestMs = Math.max(served.slowestMs, performance.now() - startedMs);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    let mostBytes = 0;
    const look = () => mostBytes = Math.max(mostBytes, memory(perch.pid));
    const looking = setInterval(look, 20);
    try {
      for (const [what, path, body, right] of REQUESTS) {
        const { status, text } = await post(site, path, await body());
        assert.ok(right.includes(status), `${what}: ${status} ${text.slice(0, 300)}`);
        assert.ok(text.length < 60_000, `${what}: an answer of ${text.length} characters`);
      }
      const bomb = await post(
        site,
        "/api/ingest/batch",
        await gzipped(new Uint8Array(32 * 1024 * 1024)),
        { "content-encoding": "gzip" },
      );
      assert.equal(bomb.status, 413, bomb.text);
      for (const [, topic, payload] of MESSAGES) {
        const message = { topic, payload: payload() };
        await publish(site, [message, message, message, message]);
      }
      look();
    } finally {
      over = true;
      clearInterval(looking);
    }
    await probing;
    console.log(
      `T12: memory + ${Math.round((mostBytes - baseBytes) / 1e6)} MB over ${
        Math.round(baseBytes / 1e6)
      } MB; ${served.good} probes, slowest ${Math.round(served.slowestMs)} ms`,
    );
    assert.equal(served.bad, 0);
    assert.ok(mostBytes - baseBytes < MEMORY_MOST, `${mostBytes - baseBytes} bytes more`);

    const { rejected } = await letters(site);
    assert.ok(rejected.every((line) => line.length < 400_000));
    assert.equal(rejected.filter((line) => line.includes('"topic":"factory/a/b/c"')).length, 4);

    const before = memory(perch.pid);
    await publish(
      site,
      many(TOPICS, (i) => `factory/card/m${i % 97}/s${i}`)
        .map((topic) => ({ topic, payload: utf8("1") })),
    );
    assert.ok(memory(perch.pid) - before < MEMORY_MOST);
    await warned(site);
  }));

/** Waits until the alarm about too many new sensors is there. */
async function warned({ perch, key }: Site): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await (await fetch(`${perch.url}/api/alarms`, { headers })).json();
    if (answer.items.some((alarm: { cause: string }) => alarm.cause === "system:sensor-cap")) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("no alarm tells that too many sensors are new");
}

async function letters({ perch }: Site): Promise<{ rejected: string[] }> {
  const dataDir = Deno.readTextFileSync(`/proc/${perch.pid}/environ`).split("\0")
    .find((line) => line.startsWith("PERCH_DATA="))!.slice("PERCH_DATA=".length);
  return { rejected: (await Deno.readTextFile(`${dataDir}/rejected.jsonl`)).split("\n") };
}
