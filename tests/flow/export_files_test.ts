/** CSV of exports as LibreOffice reads it: numbers are numbers in both dialects, times of a spreadsheet are dates, and no text is a formula. */
import assert from "node:assert/strict";
import { csvWriter } from "../../lib/transfer/export/formats/csv.ts";
import type { Block, Bytes, ExportHead } from "../../lib/transfer/export/table.ts";
import { haveCommands } from "../support/commands.ts";

const T0 = Date.UTC(2026, 9, 25, 0, 30);
const FORMULA = '=HYPERLINK("http://evil";"click")';
const VALUES = [-1.5, 1e-7, 1234567.25, 20];
/** Quoted is what is text, bare what is a number or a time. */
const QUOTE_TEXTS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,true,true,false,false,false";
/** Formulas would be worked out. */
const reading = (delimiter: number, language: number) =>
  `--infilter=CSV:${delimiter},34,76,1,,${language},false,true,false,false,false,0,true`;

const HEAD: ExportHead = {
  ...{ site: { site: "x", name: "y" }, madeMs: T0, fromMs: T0, toMs: T0 + 1, format: "csv" },
  ...{ layout: "long", stepMs: null, of: "mean", decimal: "point", zone: "Europe/Berlin" },
  gzip: false,
  series: [
    { name: "+hall/press/heat", kind: "number" as const, states: [] },
    { name: "hall/press/state", kind: "text" as const, states: [FORMULA] },
  ].map((one) => ({ ...one, id: "", machine: "", sensor: "", unit: "=1+1", convert: null })),
};

async function fileOf(decimal: "point" | "comma"): Promise<Uint8Array> {
  const writer = csvWriter({ ...HEAD, decimal });
  const block = (series: number, value: number[]): Block => ({
    series,
    tMs: Float64Array.from(value, (_, i) => T0 + i * 3_600_000),
    value: Float64Array.from(value),
    flags: new Uint8Array(value.length),
    ...{ spread: null, tier: "raw" as const },
  });
  const parts: Bytes[] = [];
  // Its bytes hold until the next are asked for.
  parts.push((await writer.begin()).slice());
  parts.push((await writer.write(block(0, VALUES))).slice());
  parts.push((await writer.write(block(1, [0]))).slice());
  return await new Blob([...parts, await writer.end()]).bytes();
}

Deno.test("LibreOffice reads the CSV of an export in both dialects, and no formula", async () => {
  if (!haveCommands({ soffice: "libreoffice-calc-nogui" })) return;
  const folder = await Deno.makeTempDir();
  try {
    for (
      const [decimal, filter] of [["point", reading(44, 1033)], [
        "comma",
        reading(59, 1031),
      ]] as const
    ) {
      const path = `${folder}/${decimal}.csv`;
      await Deno.writeFile(path, await fileOf(decimal));
      const { success, stderr } = await new Deno.Command("soffice", {
        args: [
          ...[`-env:UserInstallation=file://${folder}/profile`, "--headless", filter],
          ...["--convert-to", QUOTE_TEXTS, "--outdir", `${folder}/out`, path],
        ],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const said = await Deno.readTextFile(`${folder}/out/${decimal}.csv`);
      const rows = said.trimEnd().split("\n").slice(1);
      const cells = decimal === "comma"
        ? /^"(.*?)",([^",]+),"(.*?)",([^",]+),"(.*?)",/
        : /^"(.*?)",()"(.*?)",([^",]+),"(.*?)",/;
      rows.slice(0, -1).forEach((row, i) => {
        const [, time, local, sensor, value, unit] = cells.exec(row) ?? assert.fail(row);
        assert.match(time, /^2026-10-25T0[2-4]:30:00\+0[12]:00$/);
        assert.equal(Number(value), VALUES[i], row);
        assert.deepEqual([sensor, unit], ["'+hall/press/heat", "'=1+1"]);
        if (decimal === "comma") assert.match(local, /\d/, "a date, not a text");
      });
      assert.equal(rows.length, VALUES.length + 1);
      assert.ok(rows.at(-1)!.includes(`"'${FORMULA.replaceAll('"', '""')}"`), said);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
