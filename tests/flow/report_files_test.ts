/** Files of reports as others read them: poppler the PDF, LibreOffice the workbook and the CSV. */
import assert from "node:assert/strict";
import { PerchError } from "../../lib/base/errors.ts";
import type { ReportDocument } from "../../lib/reports/document.ts";
import { cellText } from "../../lib/reports/render/cells.ts";
import { REPORT_FORMATS, type ReportFormat } from "../../lib/reports/render/formats.ts";
import { renderReport } from "../../lib/reports/render/render.ts";
import { haveCommands } from "../support/commands.ts";
import { documentOf, wholeDocument } from "../support/report_documents.ts";

const DOCUMENT = wholeDocument();
const FORMULA = '=HYPERLINK("http://evil";"click")';
/** Quoted is what is text, bare what is a number or a time. */
const QUOTE_TEXTS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,true,true,false,false,false";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function render(
  document: ReportDocument,
  format: ReportFormat,
  path: string,
  signal?: AbortSignal,
) {
  return renderReport(document, format, path, () => {}, signal ?? new AbortController().signal);
}

async function run(command: string, args: string[], env = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the same document gives the same bytes in every format, in another process and zone", () =>
  inFolder(async (folder) => {
    const child = new URL("./report_child.ts", import.meta.url).pathname;
    await run(Deno.execPath(), ["run", "-A", child, folder], { TZ: "Pacific/Auckland" });
    for (const format of REPORT_FORMATS) {
      const path = `${folder}/here.${format}`;
      const { bytes } = await render(DOCUMENT, format, path);
      const here = await Deno.readFile(path);
      assert.equal(bytes, here.length);
      assert.deepEqual(here, await Deno.readFile(`${folder}/report.${format}`), format);
    }
  }));

Deno.test("the PDF is tagged, titled, numbered, and every word and number of the report is in it", () =>
  inFolder(async (folder) => {
    if (!haveCommands({ pdftotext: "poppler-utils", pdfinfo: "poppler-utils" })) return;
    const path = `${folder}/report.pdf`;
    await render(DOCUMENT, "pdf", path);
    const info = await run("pdfinfo", [path]);
    assert.match(info, /^Title: +Machine report$/m);
    assert.match(info, /^Tagged: +yes$/m);
    assert.match(info, /^PDF version: +1\.7$/m);
    const pages = Number(/^Pages: +(\d+)$/m.exec(info)![1]);
    assert.ok(pages >= 4, `${pages} pages`);
    const text = await run("pdftotext", [path, "-"]);
    for (let page = 1; page <= pages; page++) assert.ok(text.includes(`Page ${page} of ${pages}`));
    const titles = text.split("\f").filter((page) => page.includes("What was said"));
    assert.ok(titles.length >= 3, "the titles of a table stand on each of its pages");
    const found = joined(text);
    for (const wanted of textsOf(DOCUMENT)) assert.ok(found.includes(wanted), wanted);
    const structure = await run("pdfinfo", ["-struct-text", path]);
    assert.match(structure, /Figure/);
    assert.equal(structure.match(/^ +TR$/gm)?.length, 91, "a row is one, on whatever page");
    assert.match(structure, /warmer than a month ago/, "lines run on");
  }));

/** Without spaces and hyphens: lines end where they must, and whoever reads them joins words. */
function joined(text: string): string {
  return text.replace(/[\s-]/g, "");
}

/** What is printed. */
function textsOf({ title, sections, zone }: ReportDocument): string[] {
  const texts = sections.flatMap(({ title, paragraphs, figures, charts, tables, notes }) => [
    title,
    ...paragraphs,
    ...figures.flatMap(({ label, text }) => [label, text]),
    ...charts.flatMap(({ title, bars }) => [title, ...bars.map(({ text }) => text)]),
    ...notes.map(({ text }) => text),
    ...tables.flatMap(({ title, columns, rows }) => [
      title,
      ...rows.flatMap((row) => row.map((value, i) => cellText(columns[i], value, zone))),
    ]),
  ]);
  return [title, ...texts].map(joined);
}

Deno.test("LibreOffice reads numbers, times of the site and texts, and no formula, from workbook and CSV", () =>
  inFolder(async (folder) => {
    if (!haveCommands({ soffice: "libreoffice-calc-nogui" })) return;
    for (const format of ["xlsx", "csv"] as const) {
      await render(DOCUMENT, format, `${folder}/${format}.${format}`);
    }
    const office = (...args: string[]) =>
      run("soffice", [`-env:UserInstallation=file://${folder}/profile`, "--headless", ...args]);
    // Every sheet, and formulas of the CSV would be worked out.
    await office("--convert-to", `${QUOTE_TEXTS},-1`, "--outdir", folder, `${folder}/xlsx.xlsx`);
    const evaluating = "--infilter=CSV:44,34,76,1,,1033,false,true,false,false,false,0,true";
    const to = ["--convert-to", QUOTE_TEXTS, "--outdir", `${folder}/out`];
    await office(evaluating, ...to, `${folder}/csv.csv`);
    const sheet = await Deno.readTextFile(`${folder}/xlsx-Alarms.csv`);
    const [titles, first, ...rows] = sheet.trimEnd().split(/\n(?=\d)/);
    assert.match(titles, /^"Since \(Europe\/Berlin\)","Sensor","Peak \(°C\)"/);
    assert.match(
      first,
      /^2026-10-20 00:00:00,"bearing 0",80(\.0)?,85,[\d: AM]*03:00[^",]*,0(\.0)?%,$/,
    );
    assert.equal(rows.length, 89);
    const said = `"${FORMULA.replaceAll('"', '""')}"`;
    assert.ok(rows[4].endsWith(`,${said}`), rows[4]);
    const clocks = rows.slice(80, 84).map((row) => row.slice(11, 16));
    assert.deepEqual(clocks, ["01:30", "02:00", "03:30", "05:00"], "the clocks went back");
    const csv = await Deno.readTextFile(`${folder}/out/csv.csv`);
    assert.match(csv, /^"2026-10-20T01:30:00\+02:00","bearing 1",80\.1,85,600,1\.111111,/m);
    assert.ok(csv.includes(`"'${FORMULA.replaceAll('"', '""')}"`), "an apostrophe before it");
  }));

Deno.test("a report over nothing is a report; one that is called off leaves nothing", () =>
  inFolder(async (folder) => {
    for (const format of REPORT_FORMATS) {
      const { bytes } = await render(documentOf({}), format, `${folder}/empty.${format}`);
      assert.ok(bytes > 100);
      const stop = new AbortController();
      const begun = renderReport(wholeDocument(5000), format, `${folder}/no.${format}`, () => {
        stop.abort(new Error("called off"));
      }, stop.signal);
      await assert.rejects(begun, /called off/);
      await assert.rejects(Deno.stat(`${folder}/no.${format}`), Deno.errors.NotFound);
    }
  }));

Deno.test("a report on a full disk says so", () =>
  inFolder(async (folder) => {
    await Deno.symlink("/dev/full", `${folder}/full`);
    await assert.rejects(
      render(DOCUMENT, "csv", `${folder}/full`),
      (error: unknown) => error instanceof PerchError && error.code === "storage_full",
    );
  }));
