import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { addKey, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";

/** File descriptors that Perch may have, and connections that come, more than it can take. */
const DESCRIPTORS = 64;
const CROWD = 100;

/** Opens connections that say nothing; those that are refused do not count. */
async function crowd(port: number): Promise<Deno.Conn[]> {
  const opened = await Promise.allSettled(
    Array.from({ length: CROWD }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  return opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
}

async function until(what: string, wanted: () => Promise<boolean>, mostMs: number) {
  const endMs = performance.now() + mostMs;
  while (!await wanted()) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${mostMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const UNSAFE = fileURLToPath(new URL("../support/unsafe_perch.ts", import.meta.url));

// Its control: SABOTAGE=descriptors listens without keeping the listener, and the test must be red.
Deno.test("more connections than file descriptors, on both ports, pause Perch and do not end it", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-fds-" });
  const mqttPort = freePort();
  const key = await addKey({ dataDir, role: "admin" });
  const perch = await startPerch({
    dataDir,
    under: ["sh", "-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "sh"],
    env: { MQTT_PORT: String(mqttPort) },
    ...(sabotaged("descriptors") ? { binary: [Deno.execPath(), "run", "-A", UNSAFE] } : {}),
  });
  const port = Number(new URL(perch.url).port);
  const idle: Deno.Conn[] = [];
  const call = async (path: string, init: RequestInit = {}) => {
    try {
      const response = await fetch(perch.url + path, {
        ...init,
        headers: { authorization: `Bearer ${key}`, connection: "close", ...init.headers },
        signal: AbortSignal.timeout(2_000),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return null;
    }
  };
  const answers = async () => (await call("/health"))?.status === 200;
  try {
    for (const at of [port, mqttPort, port]) {
      idle.push(...await crowd(at));
      // What is quiet on the port of the pages is ended to make room, so that it answers in the crowd.
      if (at === port) await until("it answers in the crowd", answers, 20_000);
    }
    for (const conn of idle.splice(0)) conn.close();
    await until("it answers after the crowd", answers, 20_000);
    const sent = await call("/api/ingest", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ machine: "hall", sensor: "t", value: 1 }),
    });
    assert.equal(sent?.status, 200, sent?.text ?? "no answer");
    await until("every part is well again", async () => {
      const text = (await call("/api/status"))?.text ?? "{}";
      return JSON.parse(text).overall === "Healthy";
    }, 20_000);
    const output = perch.output();
    assert.match(output, /no connection can be accepted/i, "the log says it");
    const lines = output.split("\n").filter((line) => /"(warn|error)"/.test(line));
    assert.ok(lines.length <= 12, `the log is flooded:\n${lines.join("\n")}`);
    assert.equal(await perch.stop(), 0);
  } catch (error) {
    console.log(perch.output());
    throw error;
  } finally {
    for (const conn of idle) conn.close();
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
});
