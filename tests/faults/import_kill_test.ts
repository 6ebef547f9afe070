/**
 * An import under kill -9: the process that imports is killed at random blocks, and started again on the same file.
 * In the end every reading of the file is there once, and every count is that of an import without a kill.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { ImportResult } from "../../lib/transfer/import/imports.ts";
import { openEngine } from "../support/storage.ts";
import { sabotaged } from "../support/sabotage.ts";

/** `IMPORT_KILL_ROWS` sets how many lines (60 000; the soak 2 million), `IMPORT_KILLS` how many kills (2; 8). */
const ROWS = Number(Deno.env.get("IMPORT_KILL_ROWS") ?? 60_000);
const KILLS = Number(Deno.env.get("IMPORT_KILLS") ?? 2);
const SENSORS = 5;
const START_MS = Date.UTC(2024, 0, 1);
const BLOCK = 10_000;

/** Every 50th line repeats one that stands far before it, every 97th is none. */
interface Expected {
  rejected: number;
  repeated: number;
  /** Per sensor: value by time. */
  readings: Map<string, Map<number, number>>;
}

async function writeDump(path: string): Promise<Expected> {
  const expected: Expected = { rejected: 0, repeated: 0, readings: new Map() };
  using file = await Deno.open(path, { write: true, create: true });
  const encoder = new TextEncoder();
  let text: string[] = [];
  const line = (i: number) => {
    const name = `m/s${i % SENSORS}/f`;
    const [tMs, value] = [START_MS + i * 1000, i % 1009 / 8];
    const known = expected.readings.get(name) ?? new Map<number, number>();
    expected.readings.set(name, known);
    if (known.has(tMs)) expected.repeated++;
    else known.set(tMs, value);
    return `m,s=s${i % SENSORS} f=${value} ${tMs}000000\n`;
  };
  for (let i = 0; i < ROWS; i++) {
    if (i % 97 === 96) {
      expected.rejected++;
      text.push("m f=1\n");
    } else text.push(line(i % 50 === 49 ? i - Math.floor(i / 2) : i));
    if (text.length === 10_000 || i === ROWS - 1) {
      const bytes = encoder.encode(text.join(""));
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      text = [];
    }
  }
  return expected;
}

interface Results {
  first: ImportResult;
  again: ImportResult;
}

async function run(dir: string, killAt: number | null): Promise<Results | null> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", join(import.meta.dirname!, "import_kill_child.ts")],
      ...[dir, `${dir}/dump.lp`, sabotaged("import_kill") ? "apart" : ""],
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (killAt !== null && text.split("block\n").length > killAt) process.kill("SIGKILL");
  }
  const { signal } = await process.status;
  if (killAt !== null) assert.equal(signal, "SIGKILL", "it ended before it was killed");
  const [, results] = /^done (.*)$/m.exec(text) ?? [];
  return results === undefined ? null : JSON.parse(results);
}

async function compare(dir: string, { readings }: Expected, names: ImportResult): Promise<void> {
  const engine = await openEngine({ url: `file:${dir}/perch.db` });
  const { rows } = await engine.connection.query({ sql: "SELECT num, name FROM sensors" });
  const nums = new Map(rows.map(([num, name]) => [String(name), Number(num)]));
  for (const { sensor } of names.series) {
    const left = new Map(readings.get(sensor!)!);
    let cursor: string | undefined;
    do {
      const range = { fromMs: START_MS, toMs: START_MS + ROWS * 1000, limit: 50_000, cursor };
      const part = await engine.store.raw({ sensor: nums.get(sensor!)!, ...range });
      part.tMs.forEach((tMs, i) => {
        assert.equal(left.get(tMs), part.value[i], `${sensor} at ${tMs}: not there, or twice`);
        left.delete(tMs);
      });
      cursor = part.next ?? undefined;
    } while (cursor !== undefined);
    assert.equal(left.size, 0, `${sensor}: missing`);
  }
  assert.deepEqual(await engine.store.damage(), []);
  await engine.close();
}

// Its control: SABOTAGE=import_kill writes how far the import is after the readings, and the test must be red.
Deno.test(`kill -9, ${KILLS} times in an import of ${ROWS} lines: all is there, once, and counted once`, async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-import-kill-" });
  try {
    const expected = await writeDump(`${dir}/dump.lp`);
    const blocks = Math.floor(ROWS / BLOCK / (KILLS + 1));
    for (let i = 0; i < KILLS; i++) await run(dir, 1 + Math.floor(Math.random() * blocks));
    const { first, again } = (await run(dir, null))!;
    const stored = [...expected.readings.values()].reduce((sum, { size }) => sum + size, 0);
    const counts = { read: ROWS, rejected: expected.rejected, stored, repeated: expected.repeated };
    const of = ({ read, rejected, stored, repeated }: ImportResult) => ({
      ...{ read, rejected, stored, repeated },
    });
    assert.deepEqual(of(first), counts);
    assert.equal(first.new_sensors, SENSORS);
    assert.deepEqual(of(again), { ...counts, stored: 0, repeated: stored + expected.repeated });
    await compare(dir, expected, first);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
