/**
 * Readers that open a stream and then read nothing. What they may cost is bounded, in the process and in
 * the kernel, and they are dropped. `SABOTAGE=stuck_readers` takes the limits away and must turn the test red.
 */
import assert from "node:assert/strict";
import { sabotaged } from "../support/sabotage.ts";
import { openStream } from "../support/sse.ts";
import { startStreamServer } from "../support/stream_server.ts";

const STUCK = Number(Deno.env.get("STUCK_READERS") ?? 200);
const CAP = STUCK + 10;
const MIB = 1024 * 1024;
const sabotage = sabotaged("stuck_readers");
const request = new TextEncoder().encode(
  "GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n",
);

async function rssBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
}

/** What the kernel holds for the connections to these client ports, both ends added up. */
async function held(clientPorts: ReadonlySet<number>): Promise<{ open: number; bytes: number }> {
  const total = { open: 0, bytes: 0 };
  for (const row of (await Deno.readTextFile("/proc/net/tcp")).split("\n")) {
    const [, local, remote, state, tx, rx] =
      /^ *\d+: \w+:(\w+) \w+:(\w+) (\w+) (\w+):(\w+) /.exec(row) ?? [];
    const isServerSide = clientPorts.has(parseInt(remote, 16));
    if (!isServerSide && !clientPorts.has(parseInt(local, 16))) continue;
    total.bytes += parseInt(tx, 16) + parseInt(rx, 16);
    if (isServerSide && state === "01") total.open++;
  }
  return total;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("stuck readers cost bounded memory, are dropped, and more are refused", async () => {
  const server = await startStreamServer({
    limits: sabotage
      ? { clients: CAP, clientBytes: 1024 * MIB, stallMs: 3_600_000 }
      : { clients: CAP },
    groupsPerS: 20,
    readingsPerGroup: 500,
    limitSockets: !sabotage,
  });
  const stuck: Deno.Conn[] = [];
  try {
    const headers = { authorization: "Bearer x" };
    const good = await openStream(server.url, { headers });
    await good.next();
    const goodReads = readOn(good);
    goodReads.catch(() => {}); // When an assertion below fails, the server goes first.
    await sleep(5_000);
    const rssBefore = await rssBytes(server.pid);

    for (let i = 0; i < STUCK; i++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await connection.write(request);
      stuck.push(connection);
    }
    const ports = new Set(stuck.map((c) => (c.localAddr as Deno.NetAddr).port));
    await assertCapped(server.url, headers);

    let rssMost = 0, kernelMost = 0, left = Infinity;
    const startMs = performance.now();
    while (performance.now() - startMs < 20_000 && left > 0) {
      await sleep(250);
      const { open, bytes } = await held(ports);
      left = open;
      kernelMost = Math.max(kernelMost, bytes);
      rssMost = Math.max(rssMost, await rssBytes(server.pid));
    }
    const tookS = (performance.now() - startMs) / 1000;
    const rss = (rssMost - rssBefore) / MIB, kernel = kernelMost / MIB;
    console.log(
      `${STUCK} stuck readers: process +${rss.toFixed(0)} MB, kernel ${kernel.toFixed(0)} MB, ` +
        `${left} left after ${tookS.toFixed(1)} s`,
    );
    assert.ok(rss <= 64, `process grew by ${rss.toFixed(0)} MB; 64 are allowed`);
    // Twice 64 KB to send and the reader's own receive buffer (at the other end in real life).
    const kernelLimit = STUCK * 0.4;
    assert.ok(kernel <= kernelLimit, `the kernel held ${kernel.toFixed(0)} MB; ${kernelLimit} max`);
    assert.ok(left === 0, `${left} of ${STUCK} stuck readers were not dropped in 20 s`);
    await good.cancel();
    const { events, gaps } = await goodReads;
    assert.ok(events > 100, `the reader that reads got only ${events} events`);
    assert.equal(gaps, 0, "the reader that reads missed events");
  } finally {
    for (const connection of stuck) connection.close();
    await server.stop();
  }
});

async function readOn(
  reader: { next(): ReturnType<Awaited<ReturnType<typeof openStream>>["next"]> },
) {
  let events = 0, gaps = 0, expected = 0;
  for (let event = await reader.next(); event !== null; event = await reader.next()) {
    events++;
    for (const { value } of JSON.parse(event.data).readings ?? []) {
      if (expected !== 0 && value !== expected) gaps++;
      expected = value + 1;
    }
  }
  return { events, gaps };
}

/** Opens readers until the cap is reached; the next is refused. They are closed again. */
async function assertCapped(url: string, headers: Record<string, string>): Promise<void> {
  const extra: Awaited<ReturnType<typeof openStream>>[] = [];
  for (let i = STUCK + 1; i < CAP; i++) extra.push(await openStream(url, { headers }));
  const refused = await fetch(url, { headers });
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
  await refused.body?.cancel();
  for (const reader of extra) await reader.cancel();
}
