import assert from "node:assert/strict";
import { doing } from "../support/bench.ts";
import { ROOT } from "../support/perch.ts";
import { run as backup } from "./backup.ts";
import { sharesByRoom } from "./ingest/profile.ts";

Deno.test("every benchmark says what it is doing", () => {
  const silent: string[] = [];
  let count = 0;
  for (const { name, isFile } of Deno.readDirSync(import.meta.dirname!)) {
    if (!isFile || !name.endsWith(".ts")) continue;
    const text = Deno.readTextFileSync(`${import.meta.dirname}/${name}`);
    if (!/^export async function run\(/m.test(text)) continue;
    count++;
    if (!/^ +doing\(/m.test(text)) silent.push(name);
  }
  assert.ok(count > 10, "they were read");
  assert.deepEqual(silent, []);
});

Deno.test("doing says the part, the round and the seconds so far, on standard error", () => {
  const said: string[] = [];
  const before = console.error;
  console.error = (line: string) => void said.push(line);
  try {
    doing("filling 30 days");
    doing("queries of a fresh process", 2, 5);
  } finally {
    console.error = before;
  }
  assert.match(said[0], /^\[ *\d+ s\] filling 30 days$/);
  assert.match(said[1], /^\[ *\d+ s\] queries of a fresh process, round 2 of 5$/);
});

Deno.test("a profile is shared out to rooms: what is called counts where it is called from", () => {
  const node = (id: number, functionName: string, url = "", children: number[] = []) => ({
    id,
    callFrame: { functionName, url, lineNumber: 0 },
    children,
  });
  const shares = sharesByRoom({
    nodes: [
      node(1, "(root)", "", [2, 4, 5, 6]),
      node(2, "step", `file://${ROOT}lib/detect/x.ts`, [3]),
      node(3, "parse", "file:///cache/npm/lib/other/y.js"),
      node(4, "(garbage collector)"),
      node(5, "(idle)"),
      node(6, "serve", "ext:deno_http/00_serve.ts"),
    ],
    samples: [2, 5, 3, 4, 6, 6],
    timeDeltas: [7, 10, 1000, 20, 30, 40],
  });
  assert.deepEqual(Object.fromEntries(shares), {
    "lib/detect": 0.3,
    "garbage collection": 0.3,
    other: 0.4,
  });
});

// Starts Perch twice and restores once: six seconds.
Deno.test("the benchmark of the backup compares what it restores, in a tiny size", async () => {
  const before = Deno.env.get("BENCH_MB");
  Deno.env.set("BENCH_MB", "1");
  try {
    const { figures } = await backup({ quick: true, minutes: 0.02 });
    assert.ok(figures.backup_s > 0 && figures.restore_s > 0);
    assert.ok(figures.restored_batches > 10, "those that were acknowledged before the backup");
    assert.ok(figures.ack_p99_alone_ms > 0 && figures.rss_during_mb > 0);
  } finally {
    if (before === undefined) Deno.env.delete("BENCH_MB");
    else Deno.env.set("BENCH_MB", before);
  }
});
