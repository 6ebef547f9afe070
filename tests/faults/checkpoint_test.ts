/**
 * A log that cannot be brought into the database: it is said, it stays bounded, and nothing acknowledged is lost.
 * `SABOTAGE=checkpoint` takes the bound away and the fault out.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runApp } from "../support/app_client.ts";
import { addKey, perchCommand, startPerch } from "../support/perch.ts";
import { sabotaged } from "../support/sabotage.ts";

const MOST_BYTES = 6_000_000;
const READER = fileURLToPath(new URL("../support/foreign_reader.ts", import.meta.url));
const STRACE = "/usr/bin/strace";

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 180_000;
  while (!await holds()) {
    assert.ok(performance.now() < deadlineMs, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Holds a read transaction until `end`. */
async function foreignReader(path: string): Promise<{ end(): Promise<void> }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", READER, path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.stdout.getReader();
  const { value } = await output.read();
  assert.match(new TextDecoder().decode(value), /holding/);
  return {
    async end() {
      await child.stdin.close();
      await child.status;
      await output.cancel();
    },
  };
}

Deno.test("checkpoint: a foreign reader is told, the log stays bounded, and readings go on after it", async () => {
  const broken = sabotaged("checkpoint");
  const dataDir = await Deno.makeTempDir({ prefix: "perch-wal-" });
  const app = await runApp({ PERCH_DATA: dataDir }, {
    walMostBytes: broken ? Infinity : MOST_BYTES,
  });
  const post = (value: number) =>
    app.ask("/api/ingest", {
      role: "engineer",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ machine: "a/m", sensor: "s", value, ts: Date.now() + value }),
    });
  const detail = () => app.parts.storageTroubles.worst()?.detail ?? "";
  const walBytes = async () => (await Deno.stat(`${dataDir}/perch.db-wal`)).size;
  try {
    await app.parts.storage.db.write([{ sql: "create table filler (b blob)" }]);
    assert.equal((await post(0)).status, 200);
    const reader = await foreignReader(`${dataDir}/perch.db`);
    const fill = { sql: "insert into filler values (randomblob(1000000))" };
    for (let i = 0; i < 5; i++) await app.parts.storage.db.write([fill]);
    await until("it is said", () => Promise.resolve(/another program reads/.test(detail())));
    assert.equal((await post(1)).status, 200, "below the bound readings are taken");
    for (let i = 0; i < 2; i++) await app.parts.storage.db.write([fill]);
    await until("it refuses", () => Promise.resolve(/has reached its limit/.test(detail())));
    const refused = await post(2);
    assert.equal(refused.status, 503);
    assert.match((await refused.json()).detail, /write-ahead log.*6\.0 MB/);
    const beforeBytes = await walBytes();
    await reader.end();
    await until("it recovers by itself", async () => (await post(3)).status === 200);
    assert.equal(detail(), "");
    await until("the file is small", async () => await walBytes() < beforeBytes / 2);
    const path = "/api/readings?sensor=a/m/s&points=0&from=0&to=4102444700000";
    assert.deepEqual((await (await app.ask(path)).json()).v, [0, 1, 3]);
  } finally {
    await app.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("checkpoint: a database that cannot be written is said while readings go on, and none is lost", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-eio-" });
  const key = await addKey({ dataDir, role: "engineer" });
  const [deno, args] = perchCommand(undefined, []);
  const faults = sabotaged("checkpoint") ? [] : ["-e", "inject=pwrite64:error=EIO"];
  const trace = ["-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=pwrite64"];
  let perch = await startPerch({
    dataDir,
    binary: [STRACE, ...trace, "-P", `${dataDir}/perch.db`, ...faults, deno, ...args],
    readyMs: 60_000,
  });
  const ask = (path: string, body?: unknown) =>
    fetch(perch.url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  /** Perch first: it outlives strace. */
  const end = async () => {
    const lock = await Deno.readTextFile(`${dataDir}/perch.lock`);
    if (lock !== "") Deno.kill(JSON.parse(lock).pid, "SIGKILL");
    await perch.kill();
  };
  let sent = 0;
  try {
    const storage = async () => {
      const { components } = await (await ask("/api/status")).json();
      return components.find((part: { name: string }) => part.name === "storage");
    };
    const startMs = Date.now() - 86_400_000;
    await until("it is said", async () => {
      if ((await Deno.stat(`${dataDir}/perch.db-wal`)).size < 4_200_000) {
        const batch = Array.from({ length: 10_000 }, (_, i) => ({
          machine: "a/m",
          sensor: "s",
          value: Math.random(),
          ts: startMs + (sent + i),
        }));
        assert.equal((await ask("/api/ingest/batch", batch)).status, 200);
        sent += batch.length;
      }
      return /write-ahead log/.test((await storage()).detail);
    });
    assert.equal((await storage()).health, "degraded");
    await end();
    perch = await startPerch({ dataDir });
    const path = `/api/readings?sensor=a/m/s&points=1&from=${startMs}&to=${startMs + sent}`;
    const { n } = await (await ask(path)).json();
    assert.equal(n.reduce((sum: number, one: number) => sum + one, 0), sent);
  } finally {
    await end().catch(() => perch.kill());
    await Deno.remove(dataDir, { recursive: true });
  }
});
