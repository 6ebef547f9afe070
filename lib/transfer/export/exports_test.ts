import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createExports } from "./exports.ts";
import { perchNdjson } from "../import/formats/perch_ndjson.ts";
import { type ExportForm, formOf, type FormOrder, isClash } from "./order.ts";
import type { ExportPlan, StoredSeries } from "./plan.ts";
import { groupOf, openEngine, withDatabase } from "../../../tests/support/storage.ts";
import { askDuckdb } from "../../../tests/support/duckdb.ts";
import type { ReadingsStore } from "../../readings/store.ts";

const T0 = Date.UTC(2026, 9, 25, 0, 0, 0);
const SITE = { site: "0123456789", name: "plant-2" };
const EVIL = '=HYPERLINK("http://x/","y")';

const series = (
  num: number,
  name: string,
  kind: StoredSeries["kind"] = "number",
  unit: string | null = "°C",
): StoredSeries => {
  const cut = name.lastIndexOf("/");
  const levels = { machine: name.slice(0, cut), sensor: name.slice(cut + 1) };
  return { num, id: `s${num}`, name, ...levels, kind, unit, convert: null, states: ["off", EVIL] };
};
const TEMPERATURE = series(1, "hall/press/temperature");
const STATE = series(2, "hall/press/state", "text", null);
const FAN = series(3, "hall/press/fan", "binary", null);

const form = (order: FormOrder): ExportForm => {
  const made = formOf(order, "Europe/Berlin");
  assert.ok(!isClash(made), JSON.stringify(made));
  return made;
};

/** 3 000 temperatures of a second each, with a gap; a state and a fan now and then. */
async function withPlant(
  work: (exports: ReturnType<typeof createExports>, store: ReadingsStore) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await withDatabase(async (url) => {
      const { store, close } = await openEngine({ url });
      const readings = Array.from({ length: 3_000 }, (_, i) => ({
        sensor: 1,
        tMs: T0 + i * 1000 + (i >= 1_000 ? 600_000 : 0) + (i === 7 ? 250 : 0),
        value: i === 5 ? -1.5 : i === 6 ? 1e-7 : 20 + i % 7 + 0.1,
      }));
      readings.push({ sensor: 2, tMs: T0 + 500, value: 1 }, { sensor: 2, tMs: T0 + 900, value: 0 });
      readings.push({ sensor: 3, tMs: T0 + 61_000, value: 1 });
      await store.append(groupOf(readings), []);
      let n = 0;
      const exports = createExports({
        readings: store,
        clock: { now: () => T0 },
        site: SITE,
        temporary: () => Promise.resolve(`${folder}/${n++}`),
      });
      await work(exports, store);
      await close();
      assert.deepEqual([...Deno.readDirSync(folder)], [], "temporary files are removed");
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const plan = (order: FormOrder, of: StoredSeries[] = [TEMPERATURE, STATE, FAN]): ExportPlan => ({
  form: form(order),
  fromMs: T0,
  toMs: T0 + 86_400_000,
  series: of,
});

const bytesOf = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
const textOf = async (stream: ReadableStream<Uint8Array>) =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(await bytesOf(stream));

Deno.test("export: CSV holds every reading with offset and unit, and no formula", () =>
  withPlant(async (exports) => {
    const lines = (await textOf(await exports.stream(plan({ format: "csv" })))).split("\r\n");
    assert.equal(lines[0], "time,sensor,value,unit,note");
    assert.equal(lines[1], "2026-10-25T02:00:00+02:00,hall/press/temperature,20.1,°C,");
    assert.equal(lines[6], "2026-10-25T02:00:05+02:00,hall/press/temperature,-1.5,°C,");
    assert.equal(lines[8], "2026-10-25T02:00:07.250+02:00,hall/press/temperature,20.1,°C,");
    assert.equal(
      lines[3001],
      `2026-10-25T02:00:00.500+02:00,hall/press/state,"'${EVIL.replaceAll('"', '""')}",,`,
    );
    assert.equal(lines[3003], "2026-10-25T02:01:01+02:00,hall/press/fan,1,,");
    assert.equal(lines.length, 3005);
  }));

Deno.test("export: CSV for decimal commas has semicolons, a mark, and dates of a spreadsheet", () =>
  withPlant(async (exports) => {
    const text = await textOf(await exports.stream(plan({ decimal: "comma" })));
    const lines = text.split("\r\n");
    assert.equal(lines[0], "\uFEFFtime;local_time;sensor;value;unit;note");
    assert.match(
      lines[6],
      /^2026-10-25T02:00:05\+02:00;2026-10-25 02:00:05;hall\/press\/temperature;-1,5;°C;$/,
    );
    assert.match(lines[7], /;1e-7;/);
  }));

Deno.test("export: NDJSON and JSON name the site first, and hold the same as is stored", () =>
  withPlant(async (exports, store) => {
    const stored = await store.raw({ sensor: 1, fromMs: T0, toMs: T0 + 86_400_000, limit: 1e5 });
    const [head, ...lines] = (await textOf(await exports.stream(plan({ format: "ndjson" }))))
      .trimEnd().split("\n");
    assert.deepEqual(JSON.parse(head).perch, SITE);
    const rows = lines.map((line) => JSON.parse(line));
    const ofTemperature = rows.filter(({ sensor }) => sensor === TEMPERATURE.name);
    assert.deepEqual(ofTemperature.map(({ ts }) => ts), [...stored.tMs]);
    assert.deepEqual(ofTemperature.map(({ value }) => value), [...stored.value]);
    const document = JSON.parse(await textOf(await exports.stream(plan({ format: "json" }))));
    assert.deepEqual(document.perch, SITE);
    assert.deepEqual(document.series.map(({ sensor }: { sensor: string }) => sensor), [
      TEMPERATURE.name,
      STATE.name,
      FAN.name,
    ]);
    assert.equal(document.series[0].readings.length, 3000);
    assert.deepEqual(document.series[1].readings, [
      { ts: T0 + 500, value: EVIL },
      { ts: T0 + 900, value: "off" },
    ]);
    const nothing = await exports.stream({ ...plan({ format: "json" }), fromMs: 0, toMs: 9 });
    assert.deepEqual(JSON.parse(await textOf(nothing)).series, []);
  }));

Deno.test("export: gzip is the same text, compressed", () =>
  withPlant(async (exports) => {
    const packed = await exports.stream(plan({ gzip: true }));
    const unpacked = packed.pipeThrough(
      new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>,
    );
    assert.equal(await textOf(unpacked), await textOf(await exports.stream(plan({}))));
  }));

Deno.test("export: aligned, a row per step and a column per sensor, with empty cells where nothing was", () =>
  withPlant(async (exports) => {
    const order = { layout: "wide", step: "1m", zone: "UTC" } as const;
    const lines = (await textOf(await exports.stream(plan(order)))).trimEnd().split("\r\n");
    assert.equal(lines[0], "time,hall/press/temperature [°C],hall/press/state,hall/press/fan");
    assert.match(lines[1], /^2026-10-25T00:00:00Z,22\.\d+,off,$/);
    assert.match(lines[2], /^2026-10-25T00:01:00Z,23\.\d+,,1$/);
    // 1 000 s, a gap of ten minutes, 2 000 s.
    assert.equal(lines.length, 1 + 17 + 34);
    const max = await textOf(await exports.stream(plan({ ...order, of: "max" }, [TEMPERATURE])));
    assert.match(max, /2026-10-25T00:00:00Z,26\.1\r\n/);
    const last = await textOf(await exports.stream(plan({ ...order, of: "last" }, [TEMPERATURE])));
    assert.match(last, /2026-10-25T00:00:00Z,23\.1\r\n/);
  }));

Deno.test("export: rows of steps hold mean, min, max and count", () =>
  withPlant(async (exports) => {
    const lines = (await textOf(await exports.stream(plan({ step: "1h", zone: "UTC" }))))
      .split("\r\n");
    assert.equal(lines[0], "time,sensor,value,min,max,n,unit,note");
    assert.match(
      lines[1],
      /^2026-10-25T00:00:00Z,hall\/press\/temperature,23\.\d+,-1\.5,26\.1,3000,°C,mean$/,
    );
    assert.equal(lines[2], "2026-10-25T00:00:00Z,hall/press/state,off,,,,,last");
  }));

Deno.test("export: a SQLite file answers SQL, read by another program", () =>
  withPlant(async (exports) => {
    const path = await Deno.makeTempFile();
    try {
      const signal = new AbortController().signal;
      const shares: number[] = [];
      const done = await exports.writeTo(
        path,
        plan({ format: "sqlite" }),
        signal,
        ({ share }) => shares.push(share),
      );
      assert.equal(done.rows, 3003);
      assert.ok(shares.at(-1)! > 0.6);
      const { stdout, stderr } = await new Deno.Command("sqlite3", {
        args: [
          path,
          "SELECT name, count(*), min(value), max(text) FROM history GROUP BY name ORDER BY name",
        ],
      }).output();
      assert.equal(new TextDecoder().decode(stderr), "");
      assert.equal(
        new TextDecoder().decode(stdout),
        `hall/press/fan|1|1.0|\nhall/press/state|2||off\nhall/press/temperature|3000|-1.5|\n`,
      );
    } finally {
      await Deno.remove(path);
    }
    const direct = await Deno.makeTempFile();
    await Deno.writeFile(direct, await bytesOf(await exports.stream(plan({ format: "sqlite" }))));
    const db = new DatabaseSync(direct, { readOnly: true });
    assert.equal(db.prepare("SELECT count(*) AS n FROM readings").get()!.n, 3003);
    db.close();
    await Deno.remove(direct);
  }));

Deno.test("export: who stops reading ends the work, and frees the place for the next", () =>
  withPlant(async (exports) => {
    for (let i = 0; i < 4; i++) {
      const stream = await exports.stream(plan({}));
      await stream.cancel();
    }
    const [first, second] = [await exports.stream(plan({})), await exports.stream(plan({}))];
    await assert.rejects(exports.stream(plan({})), /2 exports are being read already/);
    await Promise.all([first.cancel(), second.cancel()]);
    assert.match(await textOf(await exports.stream(plan({}))), /^time,/);
  }));

Deno.test("export: Parquet in several groups of rows is read by DuckDB as it is stored", () =>
  withPlant(async (exports, store) => {
    const many = Array.from(
      { length: 70_000 },
      (_, i) => ({ sensor: 4, tMs: T0 + i * 250, value: Math.sin(i) }),
    );
    for (let at = 0; at < many.length; at += 10_000) {
      await store.append(groupOf(many.slice(at, at + 10_000)), []);
    }
    const path = await Deno.makeTempFile({ suffix: ".parquet" });
    const file = async (order: FormOrder, of?: StoredSeries[]) =>
      await Deno.writeFile(path, await bytesOf(await exports.stream(plan(order, of))));
    try {
      await file({ format: "parquet" }, [TEMPERATURE, STATE, FAN, series(4, "hall/press/wave")]);
      const [{ groups }] = await askDuckdb(
        `SELECT count(DISTINCT row_group_id)::int AS groups FROM parquet_metadata('${path}')`,
      );
      assert.equal(groups, 3);
      const rows = await askDuckdb(
        `SELECT sensor, count(*)::int AS n, sum(value) AS sum, max(text) AS text, any_value(unit) AS unit,
        epoch_ms(min(time))::double AS first FROM '${path}' GROUP BY sensor ORDER BY sensor`,
      );
      const waves = await store.raw({ sensor: 4, fromMs: T0, toMs: 9e14, limit: 200_000 });
      const sum = waves.value.reduce((all, value) => all + value, 0);
      assert.deepEqual(rows.map(({ sum: _, ...row }) => row), [
        { sensor: FAN.name, n: 1, text: null, unit: null, first: T0 + 61_000 },
        { sensor: STATE.name, n: 2, text: "off", unit: null, first: T0 + 500 },
        { sensor: TEMPERATURE.name, n: 3000, text: null, unit: "°C", first: T0 },
        { sensor: "hall/press/wave", n: 70_000, text: null, unit: "°C", first: T0 },
      ]);
      assert.ok(Math.abs(Number(rows[3].sum) - sum) < 1e-6);
      const [{ type }] = await askDuckdb(
        `SELECT column_type AS type FROM (DESCRIBE SELECT time FROM '${path}')`,
      );
      assert.equal(type, "TIMESTAMP WITH TIME ZONE");
      await file({ format: "parquet", layout: "wide", step: "1m" });
      const wide = await askDuckdb(
        `SELECT count(*)::int AS n, count("hall/press/fan")::int AS fans, max("hall/press/state") AS state FROM '${path}'`,
      );
      assert.deepEqual(wide, [{ n: 51, fans: 1, state: "off" }]);
    } finally {
      await Deno.remove(path);
    }
  }));

Deno.test("export: what is older than readings are kept comes as minutes that say so, then the readings", () =>
  withPlant(async (exports, store) => {
    const day = 86_400_000;
    const n = 2 * day / 10_000;
    const tMs = Float64Array.from({ length: n }, (_, i) => T0 + i * 10_000);
    const value = Float64Array.from(tMs, (_, i) => i % 6);
    await store.importReadings({
      ...{ sensor: Uint32Array.of(9), n: Uint32Array.of(n), tMs, value },
      importer: { name: "test", cursor: "1", done: 0 },
    });
    while ((await store.retain({ nowMs: T0 + 2 * day, keepMs: day })).more);
    const wave = [series(9, "hall/press/wave")];
    const order = (form: FormOrder) => ({ ...plan(form, wave), toMs: T0 + 2 * day });
    const text = await textOf(await exports.stream(order({ format: "ndjson" })));
    const rows = text.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line));
    const means = rows.filter(({ note }) => note === "minute");
    const { summedUntilMs } = await store.raw({ sensor: 9, fromMs: 0, toMs: 9e14, limit: 1 });
    assert.ok(summedUntilMs !== null && means.length > 0);
    assert.deepEqual(means[1], {
      ...{ sensor: "hall/press/wave", unit: "°C", ts: T0 + 60_000, value: 2.5, min: 0, max: 5 },
      ...{ n: 6, note: "minute" },
    });
    assert.equal(means.length, Math.ceil((summedUntilMs - T0) / 60_000));
    const readings = rows.slice(means.length);
    assert.deepEqual(
      readings.map(({ ts }) => ts),
      [...tMs].filter((ms) => ms >= summedUntilMs),
    );
    assert.ok(readings.every(({ note }) => note === undefined));
    const daily = await textOf(await exports.stream(order({ step: "1d", zone: "UTC" })));
    assert.match(daily, /T00:00:00Z,hall\/press\/wave,2.5,0,5,8640,°C,mean\r\n/);
    const last = order({ layout: "wide", of: "last", step: "1d", zone: "UTC" });
    const lines = (await textOf(await exports.stream(last))).trimEnd().split("\r\n");
    assert.deepEqual(lines.slice(1), ["2026-10-25T00:00:00Z,5", "2026-10-26T00:00:00Z,5"]);
  }));

Deno.test("export: a step holds the readings of its time and no other, whole days are those of the zone", () =>
  withPlant(async (exports, store) => {
    // Six days with the end of summer time: 26 October in Berlin begins at 23:00 UTC.
    const begin = T0 - 3 * 86_400_000, n = 6 * 1440;
    const tMs = Float64Array.from({ length: n }, (_, i) => begin + i * 60_000);
    const value = Float64Array.from(tMs, (_, i) => i);
    await store.importReadings({
      ...{ sensor: Uint32Array.of(8), n: Uint32Array.of(n), tMs, value },
      importer: { name: "test", cursor: "1", done: 0 },
    });
    const zoned = (ms: number, zone: string) =>
      Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
    const hourly = (hours: number) => (ms: number) =>
      Math.floor(ms / (hours * 3_600_000)) * hours * 3_600_000;
    const days = (zone: string, length: number) => (ms: number) => {
      const day = zoned(ms, zone).toPlainDate();
      const number = Temporal.PlainDate.from("1970-01-01").until(day).days;
      return day.subtract({ days: number % length }).toZonedDateTime(zone).epochMilliseconds;
    };
    const cases: [FormOrder, (ms: number) => number][] = [
      [{ step: "1h", zone: "UTC" }, hourly(1)],
      [{ step: "5h", zone: "Europe/Berlin" }, hourly(5)],
      [{ step: "1d", zone: "UTC" }, hourly(24)],
      [{ step: "1d", zone: "Europe/Berlin" }, days("Europe/Berlin", 1)],
      [{ step: "2d", zone: "Asia/Kathmandu" }, days("Asia/Kathmandu", 2)],
    ];
    for (const [order, beginOf] of cases) {
      const fromMs = begin + 630 * 60_000, toMs = begin + (n - 77) * 60_000;
      const expected = [...Map.groupBy([...tMs.keys()].slice(630, n - 77), (i) => beginOf(tMs[i]))]
        .map(([ts, all]) => [ts, all[0], all.at(-1), all.length]);
      const text = await textOf(
        await exports.stream({
          ...plan({ ...order, format: "ndjson" }, [series(8, "hall/press/count")]),
          ...{ fromMs, toMs },
        }),
      );
      const rows = text.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line));
      const found = rows.map(({ ts, min, max, n }) => [ts, min, max, n]);
      assert.deepEqual(found, expected, JSON.stringify(order));
    }
  }));

Deno.test("export: what another Perch imports of it is what was stored", () =>
  withPlant(async (exports, store) => {
    const path = await Deno.makeTempFile({ suffix: ".ndjson" });
    try {
      await Deno.writeFile(path, await bytesOf(await exports.stream(plan({ format: "ndjson" }))));
      const source = { path, name: "site.ndjson", bytes: (await Deno.stat(path)).size };
      const found = new Map<string, { tMs: number[]; value: unknown[] }>();
      for await (
        const { parts } of perchNdjson.read(source, {}, null, new AbortController().signal)
      ) {
        for (const { series, tMs, value, texts } of parts) {
          const one = found.get(series.key) ?? { tMs: [], value: [] };
          one.tMs.push(...tMs);
          one.value.push(...(texts === undefined ? value : Array.from(value, (i) => texts[i])));
          found.set(series.key, one);
        }
      }
      const named = (name: string) =>
        [...found].find(([key]) => key.includes(name))?.[1] ??
          assert.fail([...found.keys()].join());
      const stored = await store.raw({ sensor: 1, fromMs: 0, toMs: 9e14, limit: 1e5 });
      const { tMs, value } = named("temperature");
      assert.deepEqual([tMs, value], [[...stored.tMs], [...stored.value]]);
      assert.deepEqual(named("state").value, [EVIL, "off"]);
      assert.deepEqual(named("fan").tMs, [T0 + 61_000]);
    } finally {
      await Deno.remove(path);
    }
  }));

Deno.test("export: hours from elsewhere among readings stand beside them, each once", () =>
  withPlant(async (exports, store) => {
    const hour = 3_600_000;
    const tMs = Float64Array.of(T0, T0 + 1_000, T0 + 3 * hour);
    await store.importReadings({
      ...{ sensor: Uint32Array.of(9), n: Uint32Array.of(3), tMs, value: Float64Array.of(1, 2, 3) },
      importer: { name: "test", cursor: "1", done: 0 },
    });
    const hours = Float64Array.of(T0, T0 + hour, T0 + 2 * hour);
    const taken = Float64Array.of(10, 20, 30);
    await store.importHours({
      ...{ sensor: 9, tMs: hours, min: taken, mean: taken, max: taken },
      importer: { name: "test", cursor: "2", done: 0 },
    });
    const wave = [series(9, "hall/press/wave")];
    const order = { ...plan({ format: "ndjson" }, wave), fromMs: T0, toMs: T0 + 4 * hour };
    const text = await textOf(await exports.stream(order));
    const rows = text.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line));
    assert.deepEqual(
      rows.map(({ ts, value, note }) => [ts - T0, value, note]).sort(),
      [
        [0, 1, undefined],
        [1_000, 2, undefined],
        [3 * hour, 3, undefined],
        [hour, 20, "hour"],
        [2 * hour, 30, "hour"],
      ].sort(),
    );
  }));
