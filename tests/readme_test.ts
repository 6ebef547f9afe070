/**
 * READMEs name files and code; what they name has to be there. Left out is what stands for many: names with
 * `<…>`, `…`, `{…}` or `*`, and names in listings.
 */
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname!, "..");
const SKIP = new Set(["node_modules", "built", "data", "dist", "tmp", "bench-results"]);
const FILE = /\.(tsx?|md|css|sql|json|conf)$/;
const PLACEHOLDER = /[<>…{}*#?=|@$]/;
/** Made when Perch is built or runs, or of other programs. */
const NOT_OURS = new Set([
  ...["mosquitto.conf", "static/built", "restored.json", "restoring.json"],
  ...["release.json", "sbom.cdx.json"],
]);

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (SKIP.has(name) || name === ".git") continue;
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

const files = [...filesBelow(ROOT)];
const readmes = files.filter((path) => path.endsWith("/README.md"));

/** Words in backticks outside of listings. */
function namesIn(text: string): string[] {
  const prose = text.replace(/^```[^]*?^```/gm, "");
  return Array.from(prose.matchAll(/`([^`]+)`/g), ([, name]) => name);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== null;
  } catch {
    return false;
  }
}

/** True for a path in this repository: it ends like a file, or begins with a folder of it. */
function isPath(name: string, folder: string): boolean {
  if (/\s/.test(name) || name.startsWith("/") || name.includes("://")) return false;
  if (name.startsWith("./") || PLACEHOLDER.test(name) || NOT_OURS.has(name)) return false;
  if (FILE.test(name)) return !/^[._]/.test(name) || name.startsWith("../");
  const [first, ...rest] = name.split("/");
  if (rest.length === 0) return false;
  return placesOf(folder).some((place) => exists(join(place, first)));
}

/** Where a path may begin: beside the README, at the top, or in `lib`. */
const placesOf = (folder: string) => [folder, ROOT, join(ROOT, "lib")];

/** Paths of a README that lead nowhere. */
function brokenPaths(text: string, folder: string): string[] {
  const linked = Array.from(text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g), ([, href]) => href)
    .filter((href) => !/^(https?:|mailto:|\/)/.test(href))
    .filter((href) => !exists(join(folder, href)));
  const named = namesIn(text).filter((name) => isPath(name, folder)).filter((name) =>
    !placesOf(folder).some((place) => exists(join(place, name)))
  );
  return [...linked, ...named];
}

/** `camelCase` and `UPPER_CASE` names that a README takes for code, out of calls too. */
function codeNames(text: string): string[] {
  return namesIn(text).filter((name) => /^[\w.]+(\(.*\))?$/.test(name))
    .flatMap((name) => name.match(/[A-Za-z_]\w*/g) ?? [])
    .filter((word) => /^[a-z]+[A-Z]\w*$/.test(word) || /^[A-Z]+_[A-Z_]+$/.test(word));
}

Deno.test("READMEs: every path that is named or linked is there", () => {
  assert.ok(readmes.length > 15, "they were read");
  const broken = readmes.flatMap((path) =>
    brokenPaths(Deno.readTextFileSync(path), dirname(path))
      .map((name) => `${relative(ROOT, path)}: ${name}`)
  );
  assert.deepEqual(broken, []);
});

Deno.test("READMEs: every name of code is in the code", () => {
  const code = files.filter((path) => /\.tsx?$|deno\.json$|\.ci\/run$/.test(path))
    .map((path) => Deno.readTextFileSync(path)).join("\n");
  const words = new Set(code.match(/[A-Za-z_]\w*/g));
  const unknown = readmes.flatMap((path) =>
    codeNames(Deno.readTextFileSync(path)).filter((word) => !words.has(word))
      .map((word) => `${relative(ROOT, path)}: ${word}`)
  );
  assert.deepEqual(unknown, []);
});

Deno.test("the checks of READMEs report what is not there, and nothing else", () => {
  const folder = join(ROOT, "lib/base");
  const good = "`log.ts` `lib/base/log.ts` `base/log.ts` `tests/flow/` `hall-1/press-3` `21.5` " +
    "`<data>/perch.lock` `…_api.ts` `_test.ts` `application/json` [x](../words/README.md)";
  assert.deepEqual(brokenPaths(good, folder), []);
  const bad = "`lag.ts` `lib/base/lag.ts` `base/file_shop` `tests/flaw/` [x](../wards/README.md)";
  assert.deepEqual(brokenPaths(bad, folder), [
    "../wards/README.md",
    "lag.ts",
    "lib/base/lag.ts",
    "base/file_shop",
    "tests/flaw/",
  ]);
  assert.deepEqual(codeNames("`createKeeper({ x })` `hub.publish(fooBar)` `plain` `MANY_WORDS`"), [
    "createKeeper",
    "fooBar",
    "MANY_WORDS",
  ]);
});
