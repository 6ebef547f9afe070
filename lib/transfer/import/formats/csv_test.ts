import assert from "node:assert/strict";
import fc from "fast-check";
import { readText, withFile } from "../../../../tests/support/import_reading.ts";
import type { ImportOptions } from "../format.ts";
import { csv } from "./csv.ts";

const WIDE = `time;Kessel °C;Druck bar
2026-02-01 00:00:00;71,5;1,02
2026-02-01 00:01:00;;1,03
`;
const utc = { zone: "UTC" };
const inspect = (content: string | Uint8Array, options: ImportOptions = {}) =>
  withFile(content, (source) => csv.inspect(source, options), "hall.csv");
const fields = async (content: string, options?: ImportOptions) =>
  (await inspect(content, options)).questions.map(({ field }) => field);

Deno.test("a wide table with decimal commas, units in its header, and a gap", async () => {
  const { questions, options, notes } = await inspect(WIDE);
  assert.deepEqual(questions.map(({ field }) => field), ["zone"]);
  assert.equal(options.delimiter, ";");
  assert.deepEqual(options.columns!.map(({ role, name }) => `${role} ${name}`), [
    "time time",
    "value Kessel",
    "value Druck",
  ]);
  assert.match(notes.join(" "), /semicolons.* decimal comma/);
  const berlin = await inspect(WIDE, { zone: "Europe/Berlin" });
  assert.deepEqual(berlin.rows.map(({ suggested, value, unit }) => [suggested, value, unit]), [
    ["hall/Kessel", 71.5, "°C"],
    ["hall/Druck", 1.02, "bar"],
    ["hall/Druck", 1.03, "bar"],
  ]);
  const file = await readText(csv, "\ufeff" + WIDE.replaceAll("\n", "\r\n"), {
    zone: "Europe/Berlin",
  });
  assert.deepEqual(file.readings, [
    "Kessel °C @ 2026-01-31T23:00:00Z = 71.5 °C",
    "Druck bar @ 2026-01-31T23:00:00Z = 1.02 bar",
    "Druck bar @ 2026-01-31T23:01:00Z = 1.03 bar",
  ]);
  assert.deepEqual([file.read, file.empty, file.rejected], [2, 1, []]);
});

Deno.test("a long table: sensor, value and unit in columns", async () => {
  const file = await readText(
    csv,
    "timestamp,sensor,value,unit\n1769904000000,press/temp,41.5,degC\n1769904000000,door,on,\n" +
      '1769904060000,"press/temp",n/a,degC\n',
  );
  assert.deepEqual(file.readings, [
    "press/temp @ 2026-02-01T00:00:00Z = 41.5 degC",
    "door @ 2026-02-01T00:00:00Z = 1",
  ]);
  assert.deepEqual([file.empty, file.suggested["press/temp"]], [1, "press/temp"]);
});

Deno.test("times of spreadsheets, days and times apart, and other dates", async () => {
  const first = async (content: string, options: ImportOptions = utc) =>
    (await readText(csv, content, options)).readings[0];
  const cases = [
    "Zeit;Druck\n46054,5;1\n",
    "Zeit;Druck\n01.02.2026 12:00;1\n",
    "Datum;Uhrzeit;Druck\n01.02.2026;12:00;1\n",
    "Date\tTime\tDruck\n2026-02-01\t12:00:00\t1\n",
    "Druck,Zeit\n1,1769947200\n",
    "sep=;\nZeit;Druck\n2026-02-01T13:00:00+01:00;1\n",
    "Zeit,Druck\n2/1/2026 12:00 PM,1\n2/25/2026 12:00 PM,1\n",
  ];
  for (const content of cases) {
    assert.equal(await first(content), "Druck @ 2026-02-01T12:00:00Z = 1", content);
  }
  assert.equal(
    await first("1769904000,1\n1769904001,2\n"),
    "column 2 @ 2026-02-01T00:00:00Z = 1",
  );
});

Deno.test("headers may be numbers, a second column of times is no value, words for no value are gaps", async () => {
  const file = await readText(
    csv,
    "start,end,1,2\n2026-02-01T00:00Z,2026-02-01T00:01Z,5,unavailable\n2026-02-01T00:01Z,2026-02-01T00:02Z,6,7\n",
  );
  assert.deepEqual(file.readings, [
    "1 @ 2026-02-01T00:00:00Z = 5",
    "1 @ 2026-02-01T00:01:00Z = 6",
    "2 @ 2026-02-01T00:01:00Z = 7",
  ]);
  assert.equal(file.empty, 1);
});

Deno.test("numbers with their units behind them are numbers in that unit", async () => {
  const content =
    '"Time","Press"\n2026-02-01T00:00Z,950 W\n2026-02-01T00:01Z,1.2 kW\n2026-02-01T00:02Z,3 apples\n';
  const file = await readText(csv, content);
  assert.deepEqual(file.readings, [
    "Press @ 2026-02-01T00:00:00Z = 950 W",
    "Press @ 2026-02-01T00:01:00Z = 1.2 kW",
  ]);
  assert.match(file.rejected[0], /"3 apples" is no number/);
});

Deno.test("lines before a table, as data loggers write them, are none of it", async () => {
  const content =
    "Logger 7; hall\n\nZeit;Druck bar;Kessel °C\n01.02.2026 12:00;1,5;60,0\n01.02.2026 12:01;1,6;61,0\n";
  const { notes, questions } = await inspect(content, utc);
  assert.deepEqual([questions, notes.filter((note) => /no part/.test(note))], [
    [],
    ["The first line is no part of the table."],
  ]);
  const file = await readText(csv, content, utc);
  assert.deepEqual([file.readings.length, file.rejected], [4, []]);
});

Deno.test("what cannot be known is asked", async () => {
  assert.deepEqual(await fields("time,a\n02/03/2026 10:00,1\n", utc), ["dayFirst"]);
  assert.deepEqual(await fields("time,a\n25/03/2026 10:00,1\n02/03/2026 10:00,1\n", utc), []);
  assert.deepEqual(await fields("time,a\n46054.5,1\n"), ["zone"]);
  assert.deepEqual(await fields("time;a\n1769904000;1,234\n"), ["decimalComma"]);
  assert.deepEqual(await fields("time;a\n1769904000;1.234\n1769904001;20.125\n"), ["decimalComma"]);
  assert.deepEqual(await fields("time;a\n1769904000;1.234\n1769904001;20.12\n"), []);
  assert.deepEqual(await fields("time;a\n1769904000;1,5\n1769904001;1.5\n"), ["decimalComma"]);
  assert.deepEqual(await fields("when,a\nnow,1\n"), ["columns"]);
  assert.deepEqual(await fields("hello\nworld\n"), ["delimiter"]);
  await assert.rejects(readText(csv, "time,a\n2026-02-01 00:00,1\n"), /name no time zone/);
  await assert.rejects(
    readText(csv, "time,a\n2026-02-01 00:00,1\n", { zone: "Mars" }),
    /"Mars" is no time zone/,
  );
});

Deno.test("what a person says about columns is done", async () => {
  const file = await readText(csv, "a;b;c\n1;1769904000;7\n", {
    columns: [{ index: 1, role: "time" }, { index: 2, role: "value", name: "oven/heat" }],
  });
  assert.deepEqual(file.readings, ["c @ 2026-02-01T00:00:00Z = 7"]);
  assert.equal(file.suggested.c, "history/oven-heat");
});

Deno.test("rows that are none are named with what is allowed", async () => {
  const cases: [string, RegExp][] = [
    ["1769904000;1.234,5", /"1.234,5" has separators of thousands: write the file again without/],
    ["1769904000;1'234", /separators of thousands/],
    ["1769904000;1.013", /"1.013" may be a thousand or a decimal/],
    ["1769904000;warm", /"warm" is no number/],
    [
      "1769904000,5",
      /1 cell, the first row 2: it is separated by commas, the file by semicol/,
    ],
    ["1769904000000;1", /looks like milliseconds, and a file has one precision/],
    ["12;1", /in the year 1970/],
    ["10413792000;1", /in the year 2300/],
    ["1769904000;1;2", /3 cells, the first row 2/],
  ];
  const body = "time;a\n1769904000;1,5\n1769904001;1,5\n1769904002;2,5\n";
  const options: ImportOptions = { precision: "s", decimalComma: true };
  const file = await readText(csv, body + cases.map(([row]) => row).join("\n"), options);
  assert.equal(file.readings.length, 3);
  assert.equal(file.rejected.length, cases.length);
  cases.forEach(([, reason], i) => assert.match(file.rejected[i], reason));
  const commas = await readText(csv, "time,a\n1769904000,1.5\n1769904001,1,5\n");
  assert.match(commas.rejected[0], /decimal commas between commas need quotes/);
  const all = await readText(csv, "time,a\n1769904000,1,5\n1769904001,1,6\n1769904002,1,7\n");
  assert.deepEqual([all.readings, all.rejected.length], [[], 3]);
});

Deno.test("the hour that autumn has twice keeps the file's order, across segments too", async () => {
  const zone = "Europe/Berlin";
  const times = ["02:10", "02:50", "02:10", "02:50", "03:00"];
  const wide = times.map((time) => `2026-10-25 ${time},1\n`).join("");
  const hours = ["00:10", "00:50", "01:10", "01:50", "02:00"].map((time) =>
    `2026-10-25T${time}:00Z`
  );
  const file = await readText(csv, `time,a\n${wide}`, { zone });
  assert.deepEqual(file.readings.map((one) => one.slice(4, 24)), hours);
  const long = times.map((time) =>
    ["a", "b"].map((one) => `2026-10-25 ${time},${one},1\n`).join("")
  ).join("");
  const two = await readText(csv, `time,sensor,value\n${long}`, { zone });
  for (const one of ["a", "b"]) {
    const own = two.readings.filter((reading) => reading.startsWith(one));
    assert.deepEqual(own.map((reading) => reading.slice(4, 24)), hours);
  }
});

Deno.test("a file that is not UTF-8 is refused", async () => {
  const latin = new Uint8Array([...new TextEncoder().encode("time;Kessel "), 0xb0, 0x43, 0x0a]);
  await assert.rejects(inspect(latin), /not UTF-8/);
});

Deno.test("tables written by any rules are read back", async () => {
  const rows = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 1e9 }),
      fc.array(fc.option(fc.integer({ min: -1e6, max: 1e6 })), {
        minLength: 3,
        maxLength: 3,
      }),
    ),
    { minLength: 3, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom(";", "\t", ","),
      fc.boolean(),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      async (table, delimiter, quote, end, comma) => {
        const names = ["flow", 'odd "name"', "with, comma"];
        const cell = (text: string) =>
          quote || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
        const number = (x: number | null) =>
          x === null ? "" : (x / 100).toFixed(2).replace(".", comma ? "," : ".");
        const expected: string[] = [];
        const lines = table.map(([s, values]) => {
          const tMs = (1_700_000_000 + s % 1e8) * 1000 + s % 1000;
          const at = new Date(tMs).toISOString();
          values.forEach((x, i) =>
            x !== null && expected.push(`${names[i]} @ ${at.replace(".000Z", "Z")} = ${x / 100}`)
          );
          return [at, ...values.map(number)].map(cell).join(delimiter);
        });
        const content = [["time", ...names].map(cell).join(delimiter), ...lines].join(end);
        const file = await readText(csv, content, { decimalComma: comma });
        assert.deepEqual(file.rejected, []);
        assert.deepEqual(file.readings.toSorted(), expected.toSorted());
      },
    ),
    { numRuns: 60 },
  );
});
