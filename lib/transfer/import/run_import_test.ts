import assert from "node:assert/strict";
import { createRegistry, type Registry } from "../../machines/registry.ts";
import { systemClock } from "../../base/clock.ts";
import type { Database } from "../../db/client.ts";
import type { Job, JobProgress } from "../../jobs/job.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { openEngine, withDatabase } from "../../../tests/support/storage.ts";
import { createImportSensors } from "./import_sensors.ts";
import type { ImportOrder, ImportResult } from "./imports.ts";
import { createImportWorker } from "./run_import.ts";

const T = 1_769_904_000_000;

interface Place {
  store: ReadingsStore;
  db: Pick<Database, "query" | "write">;
  registry: Registry;
  path: string;
}

/** An open database, and a file of lines beside it. */
async function withPlace(text: string, use: (place: Place) => Promise<void>): Promise<void> {
  await withDatabase(async (url) => {
    const { store, connection, close } = await openEngine({ url });
    const path = `${url.slice("file:".length)}.lp`;
    await Deno.writeTextFile(path, text);
    const rows = { machines: [], sensors: [], states: [], last: [] };
    const registry = createRegistry({ clock: systemClock(), rows });
    const db: Place["db"] = {
      query: (statement) => connection.query(statement),
      write: (statements) => connection.write(statements),
    };
    try {
      await use({ store, db, registry, path });
    } finally {
      await close();
    }
  });
}

/** Runs an import; `ends`: after so many blocks it is ended as by a kill. */
async function importFile(
  { store, db, registry, path }: Place,
  { ends = Infinity, id = "one", signal, onProgress, ...order }: Partial<ImportOrder> & {
    ends?: number;
    id?: string;
    signal?: AbortSignal;
    onProgress?: (now: JobProgress) => void;
  } = {},
): Promise<{ result: ImportResult; last: JobProgress }> {
  let blocks = 0;
  let last: JobProgress | undefined;
  const options: ImportOrder = {
    ...{ file: path, name: "x.lp", format: "influx-line", options: { precision: "ns" } },
    ...{ mapping: [], others: "suggested", dry_run: false, ...order },
  };
  const job: Job = {
    ...{ id, kind: "import", title: "", options, state: "running", progress: null, result: null },
    ...{ file: null, error: null, by: "test", createdMs: Date.now(), startedMs: null },
    finishedMs: null,
  };
  const worker = createImportWorker({
    db,
    readings: store,
    sensors: createImportSensors({ db, registry }),
    scratchFolder: `${path}.counting`,
    idle: () => blocks++ < ends ? Promise.resolve(null) : Promise.reject(new Error("killed")),
    monotonicMs: () => performance.now(),
  });
  const result = await worker.run({
    job,
    signal: signal ?? new AbortController().signal,
    progress(now) {
      last = now;
      onProgress?.(now);
    },
    file: () => Promise.reject(new Error("it has no file")),
  });
  return { result: result as ImportResult, last: last! };
}

async function stored({ store, registry }: Place, name: string): Promise<[number, number][]> {
  const { num } = registry.find(name)!;
  const { tMs, value } = await store.raw({ sensor: num, fromMs: T, toMs: T + 1e9, limit: 1e6 });
  return Array.from(tMs, (t, i) => [t, value[i]]);
}

Deno.test("an import that is cancelled says what it stored, and another one goes on with it", async () => {
  const text = Array.from({ length: 25_000 }, (_, i) => `m f=${i % 13} ${T + i * 1000}000000`);
  await withPlace(text.join("\n"), async (place) => {
    const controller = new AbortController();
    let last: JobProgress | undefined;
    const options = {
      ...{ signal: controller.signal, id: "first" },
      onProgress(now: JobProgress) {
        last = now;
        if (now.counts.stored > 0) controller.abort(new Error("cancelled"));
      },
    };
    await assert.rejects(importFile(place, options), /cancelled/);
    assert.match(last!.words, /10.000 readings of the file are stored and stay/);
    assert.equal((await place.store.stats()).readings, 10_000);
    const { result } = await importFile(place, { id: "second", continues: "first" });
    assert.equal(result.stored, 25_000);
    assert.equal((await place.store.stats()).readings, 25_000);
  });
});

const counts = ({ read, stored, repeated, rejected, skipped }: ImportResult) => ({
  ...{ read, stored, repeated, rejected, skipped },
});

Deno.test("an import that is killed goes on where its last block was stored, and counts all once", async () => {
  const lines = Array.from(
    { length: 40_000 },
    (_, i) => i % 100 === 99 ? "nonsense" : `m,t=${i % 3} f=${i % 13} ${T + i * 1000}000000`,
  );
  // Repeated lines, far from where they stand first.
  const text = [...lines, ...lines.slice(0, 1_000)].join("\n");
  await withPlace(text, async (place) => {
    for (const ends of [1, 2, 0]) {
      await assert.rejects(importFile(place, { ends }), /killed/);
    }
    const { result, last } = await importFile(place);
    assert.deepEqual(counts(result), {
      ...{ read: 41_000, stored: 39_600, repeated: 990, rejected: 410, skipped: 0 },
    });
    assert.equal(result.rejected_lines.length, 100);
    assert.equal(result.new_sensors, 3);
    assert.deepEqual(result.series.map(({ read, is_new }) => [read, is_new]), [
      ...[[13_530, true], [13_530, true], [13_530, true]],
    ]);
    assert.equal(last.share, 1);
    assert.equal((await place.store.stats()).readings, 39_600);
    const again = await importFile(place, { id: "two" });
    assert.deepEqual(counts(again.result), {
      ...{ read: 41_000, stored: 0, repeated: 40_590, rejected: 410, skipped: 0 },
    });
    assert.equal((await place.store.stats()).readings, 39_600);
  });
});

Deno.test("series become the sensors that were chosen, in their unit and as texts; others are skipped", async () => {
  const text = [
    `m f=68,on=t,state="run" ${T}000000`,
    `m f=50,on=f,state="stop" ${T + 1000}000000`,
    `m state="run",other=1 ${T + 2000}000000`,
    `m f=5 ${Date.now() + 9e8}000000`,
  ].join("\n");
  await withPlace(text, async (place) => {
    const sensors = createImportSensors(place);
    await sensors.create({ name: "hall/press/temperature", unit: "°C", kind: "number" });
    const { result } = await importFile(place, {
      mapping: [
        { key: "m f", sensor: "hall/press/temperature", unit: "°F" },
        { key: "m on", sensor: "hall/press/on" },
        { key: "m state", sensor: "hall/press/state" },
      ],
      others: "skip",
    });
    assert.deepEqual(counts(result), {
      ...{ read: 4, stored: 7, repeated: 0, rejected: 1, skipped: 1 },
    });
    assert.match(result.rejected_lines[0].reason, /future/);
    assert.deepEqual(await stored(place, "hall/press/temperature"), [[T, 20], [T + 1000, 10]]);
    assert.deepEqual(await stored(place, "hall/press/on"), [[T, 1], [T + 1000, 0]]);
    const states = await stored(place, "hall/press/state");
    assert.deepEqual(
      states.map(([, code]) => place.registry.find("hall/press/state")!.states[code]),
      ["run", "stop", "run"],
    );
    assert.equal(result.new_sensors, 2);
  });
});

Deno.test("a dry run counts exactly what an import stores, repeated lines far apart too, and stores nothing", async () => {
  const lines = (from: number, n: number) =>
    Array.from(
      { length: n },
      (_, i) => `m f=${from + i},g="${(from + i) % 5}" ${T + (from + i) * 1000}000000`,
    );
  await withPlace(lines(0, 5_000).join("\n"), async (place) => {
    await importFile(place);
    const again = [...lines(4_000, 9_000), `new f=1,g="x" ${T}000000`, ...lines(12_000, 8_000)];
    await Deno.writeTextFile(place.path, [...again, ...again.slice(0, 9_500), "bad"].join("\n"));
    const { result } = await importFile(place, { dry_run: true, id: "two" });
    assert.equal((await place.store.stats()).readings, 10_000);
    assert.equal(place.registry.find("new/f"), undefined);
    assert.equal(result.new_sensors, 2);
    assert.equal(await place.store.importState("two"), null);
    await assert.rejects(Deno.stat(`${place.path}.counting`), Deno.errors.NotFound);
    const real = await importFile(place, { id: "three" });
    assert.deepEqual(counts(result), counts(real.result));
    assert.deepEqual(counts(result), {
      ...{ read: 26_502, stored: 30_002, repeated: 23_000, rejected: 1, skipped: 0 },
    });
  });
});
