/**
 * The rules of "who may import whom", as a pure function over the import graph, so that the
 * architecture test can also show that it reports a crossing.
 */
import { posix } from "node:path";

export interface ImportOf {
  /** `lib/base/log.ts`, or the bare name for a package (`hono/streaming`, `node:path`). */
  target: string;
  /** `import type` / `export type`: gone at run time. */
  typeOnly: boolean;
}
export interface SourceFile {
  path: string;
  imports: ImportOf[];
}

/** Left may be imported by right; equal ranks are siblings. */
const CHAIN: readonly (readonly string[])[] = [
  ["base"],
  ["words"],
  ["db"],
  ["settings", "events", "uploads"],
  ["readings"],
  ["machines"],
  ["scripts"],
  ["intake"],
  ["sources", "detect"],
  ["alarms"],
  ["tickets"],
  ["notify"],
];
const RANK = new Map(CHAIN.flatMap((rooms, rank) => rooms.map((room) => [room, rank] as const)));
/** Use what stands left of the intake, and the types of what they show. */
const BESIDE = new Set([
  ...["access", "live", "cameras", "backup", "reports", "health"],
  ...["computed", "commands", "presence", "jobs", "transfer", "annotations"],
  ...["search", "dashboards", "tls", "history", "upstream"],
]);
/** Keep rows of their own, and take small interfaces that app.ts hands them. */
const APART = new Set(["faults", "ai"]);
/** The command line; the wiring itself is `lib/app.ts` and what it is made of, in `lib/app/`. */
const CLI = "cli";
const WIRING = "app";
/** What the command line uses: the app as a whole, and what its own commands work on while Perch does not run. */
const CLI_USES = new Set([
  ...[
    "ai",
    "base",
    "words",
    "db",
    "settings",
    "events",
    "access",
    "backup",
    "cameras",
    "health",
    "history",
    "intake",
    "jobs",
    "tls",
    "reports",
    "sources",
    "faults",
    "transfer",
    "upstream",
  ],
  ...[WIRING, "/sim"],
]);

/** The same for the folders of `routes/`. */
const ROUTE_FOLDERS: readonly (readonly string[])[] = [
  ["http"],
  ["frame"],
  ["discussion", "jobs", "uploads", "annotations"],
  [
    "machines",
    "notify",
    "site",
    "backup",
    "health",
    "events",
    "scripts",
    "faults",
    "ai",
    "cameras",
    "devices",
    "commands",
    "history",
    "reports",
    "upstream",
  ],
  ["sensors", "tickets", "access"],
  ["alarms", "detection", "overview", "search", "dashboards"],
  ["mod.ts"],
];

/** Packages with one door: who may import them at run time (tests may import all). */
const DOORS: readonly { packages: RegExp; may: RegExp; door: string }[] = [
  { packages: /^(@libsql\/|libsql$)/, may: /^lib\/db\//, door: "lib/db" },
  {
    packages: /^drizzle-orm(\/|$)/,
    may: /^lib\/db\/(orm|schema\/\w+)\.ts$/,
    door: "lib/db/orm.ts and lib/db/schema",
  },
  {
    packages: /^(mqtt|mqtt-packet|aedes)$/,
    may: /^(lib\/sources\/|sim\/publisher\.ts$)/,
    door: "lib/sources and sim/publisher.ts",
  },
  {
    packages: /^(@hono\/|hono(\/|$))/,
    may: /^(routes\/|lib\/app\.ts$)/,
    door: "routes and lib/app.ts",
  },
  { packages: /^(preact|@preact\/)/, may: /^(routes|islands)\//, door: "routes and islands" },
  { packages: /^uplot/, may: /^islands\//, door: "islands" },
  { packages: /^(playwright-core|axe-core|fast-check|js-yaml)/, may: /^tests\//, door: "tests" },
  { packages: /^(modern-tar|age-encryption)$/, may: /^lib\/backup\//, door: "lib/backup" },
  {
    packages: /^@jellybrick\/dbus-next$/,
    may: /^lib\/health\/system\/bus\.ts$/,
    door: "lib/health/system/bus.ts",
  },
  {
    packages: /^(quickjs-emscripten-core|@jitl\/)/,
    may: /^lib\/scripts\/machine\.ts$/,
    door: "lib/scripts/machine.ts",
  },
  {
    packages: /^zod-itself$/,
    may: /^lib\/base\/schemas\/z\.ts$/,
    door: "lib/base/schemas/z.ts",
  },
  {
    packages: /^acorn$/,
    may: /^(lib\/faults\/corrections\/rules\/|\.ci\/slim\.ts$)/,
    door: "lib/faults/corrections/rules and .ci/slim.ts",
  },
  {
    packages: /^diff$/,
    may: /^lib\/faults\/corrections\/diff\.ts$/,
    door: "lib/faults/corrections/diff.ts",
  },
  {
    packages: /^bonjour-service$/,
    may: /^lib\/presence\/mdns\.ts$/,
    door: "lib/presence/mdns.ts",
  },
  {
    packages: /^jsmodbus$/,
    may: /^lib\/sources\/polls\/kinds\/modbus\//,
    door: "lib/sources/polls/kinds/modbus",
  },
  {
    packages: /^(@peculiar\/x509|reflect-metadata)$/,
    may: /^lib\/tls\/making\.ts$/,
    door: "lib/tls/making.ts",
  },
  { packages: /^ws$/, may: /^lib\/sources\//, door: "lib/sources" },
  {
    packages: /^pdfkit$/,
    may: /^lib\/reports\/render\/pdf\/engine\.ts$/,
    door: "lib/reports/render/pdf/engine.ts",
  },
  {
    packages: /^hucre(\/|$)/,
    may: /^lib\/reports\/render\/xlsx\//,
    door: "lib/reports/render/xlsx",
  },
  {
    packages: /^nodemailer/,
    may: /^lib\/notify\/channels\/smtp\.ts$/,
    door: "lib/notify/channels/smtp.ts",
  },
  { packages: /^(smtp-server|postal-mime|standardwebhooks)$/, may: /^tests\//, door: "tests" },
  {
    packages: /^hyparquet-writer$/,
    may: /^lib\/transfer\/export\/formats\/parquet\.ts$/,
    door: "lib/transfer/export/formats/parquet.ts",
  },
  { packages: /^@duckdb\//, may: /^tests\//, door: "tests" },
  { packages: /^@google\/genai/, may: /^lib\/ai\/gemini\.ts$/, door: "lib/ai/gemini.ts" },
  {
    packages: /^@streamparser\/json$/,
    may: /^lib\/transfer\/import\/json_items\.ts$/,
    door: "lib/transfer/import/json_items.ts",
  },
  { packages: /^node:child_process$/, may: /^tests\//, door: "tests" },
];

/** Reads static, side-effect and dynamic imports and re-exports out of TypeScript source. */
export function importsOf(path: string, source: string): ImportOf[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found: ImportOf[] = [];
  const add = (specifier: string, typeOnly: boolean) => {
    const target = specifier.startsWith(".")
      ? posix.normalize(posix.join(posix.dirname(path), specifier))
      : specifier.replace(/^npm:/, "").replace(/(?<=.)@\d[^/]*/, "");
    found.push({ target, typeOnly });
  };
  // Up to the quote there is neither a quote nor a semicolon, so the match cannot wander.
  const from = /^[ \t]*(?:import|export)\s+([^"';]*?)\bfrom\s*["']([^"']+)["']/gm;
  for (const [, clause, specifier] of code.matchAll(from)) {
    const names = /^\{([^}]*)\}\s*$/.exec(clause)?.[1].split(",").map((name) => name.trim())
      .filter((name) => name !== "");
    const everyType = names !== undefined && names.length > 0 &&
      names.every((name) => name.startsWith("type "));
    add(specifier, /^type\s/.test(clause) || everyType);
  }
  for (const [, specifier] of code.matchAll(/^[ \t]*import\s*["']([^"']+)["']/gm)) {
    add(specifier, false);
  }
  for (const [, specifier] of code.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)) {
    add(specifier, false);
  }
  return found;
}

/** Room of a file: `lib/base/log.ts` → `base`, `lib/app.ts` → `app`, `routes/x.ts` → `/routes`. */
function roomOf(path: string): string {
  const [top, ...rest] = path.split("/");
  if (top !== "lib") return rest.length > 0 ? "/" + top : "/" + path;
  return rest[0].replace(/\.tsx?$/, "");
}

/** Circles of files that import each other, as `a → b → a`. Types count: what knows each other is one file. */
export function circles(files: readonly SourceFile[]): string[] {
  const own = files.filter((file) => !isTest(file.path));
  const targets = new Map(own.map((file) => [file.path, file.imports.map(({ target }) => target)]));
  const done = new Set<string>();
  const way: string[] = [];
  const out: string[] = [];
  const visit = (path: string) => {
    const at = way.indexOf(path);
    if (at >= 0) return void out.push([...way.slice(at), path].join(" → "));
    if (done.has(path)) return;
    way.push(path);
    for (const target of targets.get(path) ?? []) if (targets.has(target)) visit(target);
    way.pop();
    done.add(path);
  };
  for (const path of targets.keys()) visit(path);
  return out;
}

export function isTest(path: string): boolean {
  return path.startsWith("tests/") || /_test\.tsx?$/.test(path);
}

/** Where SQL is written: the database's own room, the stores, and the storage engine of the readings. */
const SQL_MAY_STAND_IN = /^(lib\/db\/|lib\/readings\/|lib\/.*store\.ts$)/;
/** What queries are built with; its types are everybody's. */
const BUILDS_SQL = /^lib\/db\/(orm|schema\/\w+)\.ts$/;
const SQL_TEXT =
  /["'`](select\b[^"'`]*(\bfrom\b|\d)|insert (or \w+ )?into |update \w+ set |delete from |replace into |pragma |create (table|index|trigger) |drop (table|index) |alter table |vacuum\b)/i;

/** The first SQL text of a file that must not hold any; null when all is well. */
export function strayingSql(path: string, source: string): string | null {
  if (isTest(path) || SQL_MAY_STAND_IN.test(path)) return null;
  return SQL_TEXT.exec(source)?.[0] ?? null;
}

/** The packages that no file imports, nor names as the source of another's types. */
export function unusedDependencies(
  packages: readonly string[],
  files: readonly (SourceFile & { source: string })[],
): string[] {
  const named = new Set(files.flatMap(({ source, imports }) => [
    ...imports.map((one) => one.target),
    ...Array.from(source.matchAll(/@ts-types="([^"]+)"/g), ([, name]) => name),
  ]));
  const uses = (name: string) =>
    [...named].some((one) => one === name || one.startsWith(`${name}/`));
  return packages.filter((name) => !uses(name));
}

/** Every forbidden import as one sentence. */
export function crossings(files: readonly SourceFile[]): string[] {
  const out: string[] = [];
  for (const file of files) {
    if (isTest(file.path)) continue;
    for (const one of file.imports) {
      const reason = /^(\.|lib\/|routes\/|islands\/|sim\/|tests\/|main\.ts)/.test(one.target)
        ? forbiddenRoom(file.path, one)
        : forbiddenPackage(file.path, one);
      if (reason !== null) out.push(`${file.path} imports ${one.target}: ${reason}`);
    }
  }
  return out;
}

function forbiddenPackage(path: string, { target, typeOnly }: ImportOf): string | null {
  if (typeOnly) return null;
  const rule = DOORS.find((door) => door.packages.test(target));
  return rule === undefined || rule.may.test(path)
    ? null
    : `${target} is imported only in ${rule.door}`;
}

function forbiddenRoom(path: string, { target, typeOnly }: ImportOf): string | null {
  const from = roomOf(path);
  const to = roomOf(target);
  if (from === "/routes" && to === "/routes") return forbiddenFolder(path, target);
  if (from === to) return null;
  if (!typeOnly && BUILDS_SQL.test(target) && !SQL_MAY_STAND_IN.test(path)) {
    return "queries are built in *store.ts";
  }
  if (isTest(target)) return "the product does not import tests";
  switch (from) {
    case "/main.ts":
      return to === "base" || to === "cli" ? null : "main.ts uses lib/base and lib/cli only";
    case "/islands":
      return typeOnly || to === "words" ? null : "islands use types of other rooms, and lib/words";
    case "/sim":
      return to === "base" || typeOnly
        ? null
        : "sim is a client of the product: it uses lib/base only";
    case "/routes":
      return to === "db" && !typeOnly
        ? "routes hold no SQL"
        : to === CLI || to === WIRING
        ? "routes are mounted by lib/app.ts, not the other way"
        : null;
  }
  if (from === CLI) {
    return CLI_USES.has(to) ? null : `the command line does without ${to.replace("/", "")}`;
  }
  if (from === WIRING) {
    return to === CLI ? "the command line starts the app, not the other way" : null;
  }
  if (to === WIRING) return `lib/${from} is wired by ${target}, not the other way`;
  if (to.startsWith("/")) return `lib/${from} does not know ${to.slice(1)}`;
  return forbiddenInLib(from, to, typeOnly);
}

/** Inside `routes/` a folder knows those that stand left of it. */
function forbiddenFolder(path: string, target: string): string | null {
  const [from, to] = [path, target].map((one) => one.split("/")[1]);
  if (from === to) return null;
  const rank = (folder: string) => ROUTE_FOLDERS.findIndex((folders) => folders.includes(folder));
  if (rank(from) < 0 || rank(to) < 0) return "no folder of routes/ by this name is in the order";
  return rank(to) < rank(from) ? null : `routes/${to} does not stand left of routes/${from}`;
}

function forbiddenInLib(from: string, to: string, typeOnly: boolean): string | null {
  if (from === "words") return "lib/words imports nothing: islands take its code to the browser";
  const toRank = RANK.get(to);
  if (APART.has(from)) {
    return to === "base" || to === "words" || to === "db" || typeOnly
      ? null
      : `lib/${from} takes small interfaces from app.ts`;
  }
  if (BESIDE.has(from)) {
    if (typeOnly || (toRank !== undefined && toRank < RANK.get("intake")!)) return null;
    return `lib/${from} uses what stands left of intake, and types`;
  }
  const fromRank = RANK.get(from);
  if (fromRank === undefined) return `lib/${from} is no room of the design`;
  if (toRank === undefined) return `lib/${to} is handed over by app.ts as a function`;
  if (toRank === fromRank) return "siblings do not import each other";
  return toRank < fromRank ? null : `lib/${to} stands right of lib/${from}`;
}
