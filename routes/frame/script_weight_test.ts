/** A page has the script of all pages and at most one beside it (`Page.script`): each such pair is weighed. */
import assert from "node:assert/strict";
import { carried } from "../../lib/base/carried.ts";
import { createAssets } from "../http/static.ts";

const MOST = 60_000;
const OVERVIEW_MOST = 30_000;
/** All windows of a browser share it. */
const WORKER = "stream_worker";
const WORKER_MOST = 4_000;

/** `SCALE_PRINT=1` says how heavy each is. */
const PRINT = Deno.env.get("SCALE_PRINT") === "1";
const assets = createAssets();
const IMPORT = /(?:from|import)\s*"\.\/([^"]+)"/g;
/** What a script loads later. Charts come with their page; the palette and pickers when somebody uses them. */
const LAZY = /import\("\.\/([^"]+)"\)/g;

/** The files of these scripts: what they import, and what those that are `eager` load by themselves. */
function filesOf(names: readonly string[], eager?: string): Set<string> {
  const files = new Set(names.map((name) => `${name}.js`));
  for (const file of files) {
    const text = new TextDecoder().decode(assetOf(file).bytes);
    const parts = file === `${eager}.js` ? [IMPORT, LAZY] : [IMPORT];
    for (const part of parts) for (const [, path] of text.matchAll(part)) files.add(path);
  }
  return files;
}

function assetOf(file: string) {
  const asset = assets.get(`built/${file}`);
  assert.ok(asset, `${file} is there`);
  return asset;
}

/** Bytes as they are sent. */
function weight(files: Set<string>): number {
  return [...files].map(assetOf).reduce((sum, { gzip, bytes }) => sum + (gzip ?? bytes).length, 0);
}

Deno.test("no page has more than 60 kB of script, nor the overview more than 30 kB", () => {
  const entries = [...Deno.readDirSync(carried("islands/entry"))]
    .map(({ name }) => name.replace(/\.ts$/, ""))
    .filter((name) => name !== "page" && name !== WORKER);
  assert.ok(entries.includes("overview") && entries.length >= 10, "they were found");
  for (const entry of entries) {
    const bytes = weight(filesOf(["page", entry], entry));
    if (PRINT) console.log(`${entry}: ${bytes} B`);
    assert.ok(bytes <= (entry === "overview" ? OVERVIEW_MOST : MOST), `${entry}: ${bytes} B`);
  }
  assert.ok(weight(filesOf(["page"])) <= OVERVIEW_MOST, "pages without a script of their own");
  assert.ok(weight(filesOf([WORKER])) <= WORKER_MOST);
});
