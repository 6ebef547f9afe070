/**
 * Z21: connections that never finish a request's head (a byte a second), and what they cost the others: ingest
 * stays fast, new connections are accepted, and the slow ones are ended while streams, WebSockets and idle
 * browsers stay. `SABOTAGE=slow_connections` takes the guard away and must turn the test red.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { CONNECTION_LIMITS } from "../../lib/live/connection_guard.ts";
import { addKey, ROOT, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";
import { openStream } from "../support/sse.ts";

const SLOW = Number(Deno.env.get("SLOW_CONNECTIONS") ?? 500);
const INGESTS = 300;
/** Below this p99 twice the base is noise of the host. */
const NOISE_MS = 50;
const MIB = 1024 * 1024;
const encoder = new TextEncoder();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Cost {
  rssMiB: number;
  fds: number;
}

async function costOf(pid: number): Promise<Cost> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const fds = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  return { rssMiB: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024 / MIB, fds };
}

/** Milliseconds that 99 of 100 ingest requests stay below, each on a connection of its own. */
async function ingestP99(url: string, key: string): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < INGESTS; n++) {
    const startMs = performance.now();
    const response = await fetch(`${url}/api/ingest`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        connection: "close",
      },
      body: JSON.stringify({ machine: "hall/press", sensor: "temp", value: n }),
    });
    assert.equal(response.status, 200, await response.text());
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)];
}

/** Connections that begin a head and go on by a byte a second until they are ended. */
async function startSlow(port: number): Promise<{ left(): number; close(): void }> {
  const open = new Set<Deno.TcpConn>();
  for (let n = 0; n < SLOW; n++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(
      encoder.encode("POST /api/ingest HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "),
    );
    open.add(connection);
    connection.read(new Uint8Array(1)).catch(() => null).then(() => {
      open.delete(connection);
      connection.close();
    }).catch(() => {});
  }
  const dribble = setInterval(() => {
    for (const connection of open) connection.write(encoder.encode("x")).catch(() => {});
  }, 1_000);
  return {
    left: () => open.size,
    close() {
      clearInterval(dribble);
      for (const connection of open) connection.close();
    },
  };
}

Deno.test("slow request heads are ended; ingest, new connections, streams and sockets go on", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-slow-" });
  const key = await addKey({ dataDir, role: "admin", name: "slow" });
  const unsafe = [Deno.execPath(), "run", "-A", `${ROOT}tests/support/unsafe_perch.ts`];
  const perch = await startPerch({
    dataDir,
    env: { MQTT_PORT: String(freePort()) },
    binary: sabotaged("slow_connections") ? unsafe : undefined,
  });
  try {
    const headers = { authorization: `Bearer ${key}` };
    const stream = await openStream(`${perch.url}/api/stream?types=status`, { headers });
    let streamEnded = false;
    (async () => {
      while (await stream.next() !== null);
      streamEnded = true;
    })().catch(() => streamEnded = true);
    const socket = await connectAsync(`${perch.url.replace("http", "ws")}/mqtt`, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      keepalive: 0,
      username: "slow",
      password: key,
    });
    let socketEnded = false;
    socket.on("close", () => socketEnded = true);
    const idle = await Deno.connect({
      hostname: "127.0.0.1",
      port: Number(new URL(perch.url).port),
    });
    await idle.write(encoder.encode("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    await idle.read(new Uint8Array(4096));

    await ingestP99(perch.url, key);
    const base = await ingestP99(perch.url, key);
    const before = await costOf(perch.pid);
    const startMs = performance.now();
    const slow = await startSlow(Number(new URL(perch.url).port));
    try {
      const under = await ingestP99(perch.url, key);
      const during = await costOf(perch.pid);
      const leftWhileMeasured = slow.left();
      const limitMs = CONNECTION_LIMITS.headMs + 10_000;
      while (slow.left() > 0 && performance.now() - startMs < limitMs) await sleep(250);
      const tookS = (performance.now() - startMs) / 1000;
      await sleep(1_000);
      const after = await costOf(perch.pid);
      console.log(
        `${SLOW} slow heads: ingest p99 ${base.toFixed(1)} → ${under.toFixed(1)} ms with ` +
          `${leftWhileMeasured} of them open, memory +${
            (during.rssMiB - before.rssMiB).toFixed(1)
          } MB, ` +
          `descriptors ${before.fds} → ${during.fds} → ${after.fds}, ` +
          `${slow.left()} left after ${tookS.toFixed(1)} s`,
      );
      assert.equal(slow.left(), 0, `${slow.left()} slow connections were not ended`);
      assert.ok(under < Math.max(2 * base, NOISE_MS), `ingest p99 ${base} → ${under} ms`);
      assert.ok(during.rssMiB - before.rssMiB < 64, "500 heads cost more than 64 MB");
      assert.ok(after.fds <= before.fds + 20, `${after.fds} descriptors are open`);
    } finally {
      slow.close();
    }
    assert.ok(!streamEnded, "the live stream was ended");
    assert.ok(!socketEnded, "the WebSocket was ended");
    await socket.publishAsync("factory/hall/press/rpm", "900", { qos: 1 });
    await idle.write(encoder.encode("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    assert.ok(
      (await idle.read(new Uint8Array(4096)))! > 0,
      "an idle browser's connection was ended",
    );
    idle.close();
    await socket.endAsync();
    await stream.cancel();
  } finally {
    await perch.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
