/** Reads the import graph of the whole tree and names every crossing of the rules in tests/README.md. */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { rawConnections } from "./support/connection_rules.ts";
import {
  circles,
  crossings,
  importsOf,
  isTest,
  type SourceFile,
  strayingSql,
  unusedDependencies,
} from "./support/import_rules.ts";

const ROOT = join(import.meta.dirname!, "..");
const TOP = new Set([
  "deno.json deno.lock main.ts routes islands lib sim migrations static tests README.md LICENSE",
].flatMap((names) => names.split(" ")));
/** Made by running, ignored by git. */
const PRODUCED = new Set(["data", "dist", "tmp", "bench-results", "node_modules"]);
const SKIP = new Set(["node_modules", "built", "fixtures"]);

function* walk(dir: string): Generator<string> {
  for (const entry of Deno.readDirSync(dir)) {
    if (entry.name.startsWith(".") || SKIP.has(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory) {
      if (dir !== ROOT || !PRODUCED.has(entry.name)) yield* walk(path);
    } else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

function readTree(folder = ROOT): (SourceFile & { source: string })[] {
  return [...walk(folder)].map((full) => {
    const path = relative(ROOT, full);
    const source = Deno.readTextFileSync(full);
    return { path, source, imports: importsOf(path, source) };
  });
}

Deno.test("architecture: no import crosses a room's border", () => {
  const files = readTree();
  assert.ok(files.length > 20, "the tree was read");
  assert.deepEqual(crossings(files), []);
});

Deno.test("architecture: no circle of files, types counted", () => {
  assert.deepEqual(circles(readTree()), []);
});

Deno.test("architecture: SQL stands in lib/db, in stores and in the engine of the readings", () => {
  const strays = readTree()
    .map(({ path, source }) => ({ path, sql: strayingSql(path, source) }))
    .filter(({ sql }) => sql !== null);
  assert.deepEqual(strays, []);
});

Deno.test("architecture: only main.ts reads the environment", () => {
  const readers = readTree().filter((file) =>
    !isTest(file.path) && /\bDeno\.env\b|\bprocess\.env\b/.test(file.source)
  ).map((file) => file.path);
  // denied_env.ts reads nothing for Perch: it lets npm modules load that ask for variables of their own.
  const allowed = ["lib/base/denied_env.ts", "main.ts"];
  assert.deepEqual(readers.filter((path) => !allowed.includes(path)), []);
});

Deno.test("architecture: cameras and pins alone start processes, and none of them sees Perch's environment", () => {
  const starters = readTree().filter((file) =>
    !isTest(file.path) && /\bnew Deno\.Command\b/.test(file.source)
  );
  const may = /^((lib\/cameras\/ffmpeg|sim\/camera)\/|lib\/sources\/hardware\/gpiomon\.ts$)/;
  const wrong = starters.filter(({ path, source }) =>
    !may.test(path) || !source.includes("clearEnv: true")
  );
  assert.deepEqual(wrong.map((file) => file.path), []);
});

// Two loads at a time both ask for the compiled code of a file that they share, and only one of them gives any:
// the binary goes on waiting, and keeps no code for its next start.
Deno.test("architecture: files are loaded one after the other", () => {
  const together = readTree().filter((file) =>
    !isTest(file.path) && /Promise\.all\(\s*\[[^\]]*\bimport\(/.test(file.source)
  );
  assert.deepEqual(together.map((file) => file.path), []);
});

Deno.test("architecture: what connects goes through the one way out", () => {
  const raw = readTree().filter((file) => !isTest(file.path))
    .flatMap((file) => rawConnections(file.path, file.source));
  assert.deepEqual(raw, []);
});

Deno.test("rawConnections reports what passes the guard, and nothing else", () => {
  const raw = [
    `await fetch("https://example.com")`,
    `const answer = await globalThis.fetch(url);`,
    `await Deno.connect({ port: 1 });`,
    `await Deno.connectTls({ port: 1 });`,
    `const client = Deno.createHttpClient({});`,
    `new WebSocket("ws://x")`,
    `import { request } from "node:https";`,
    `import * as http from "node:http";`,
    `const { connect } = await import("node:net");`,
    `import { connect } from "node:net";`,
    `import { isIP, Socket } from "node:net";`,
    `import net from "node:net";`,
    `import { lookup } from "node:dns/promises";`,
  ];
  for (const source of raw) {
    assert.equal(rawConnections("lib/notify/x.ts", source).length, 1, source);
    assert.deepEqual(rawConnections("lib/base/create_outgoing.ts", source), [], source);
  }
  const allowed = [
    `await context.outgoing.fetch(url)`,
    `fetch(request: Request): Promise<Response>;`,
    `import type { Socket } from "node:net";`,
    `import { isIP } from "node:net";`,
    `import { isIP, type Socket } from "node:net";`,
    `// await fetch("https://example.com")`,
    `return Promise.resolve(answer.fetch(request));`,
  ];
  for (const source of allowed) {
    assert.deepEqual(rawConnections("lib/notify/x.ts", source), [], source);
  }
});

Deno.test("architecture: every dependency of deno.json is imported by something", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  assert.deepEqual(
    unusedDependencies(Object.keys(imports), [...readTree(), ...readTree(`${ROOT}/.ci`)]),
    [],
  );
});

Deno.test("unusedDependencies takes imports of a package's parts and of its types alone, and no namesakes", () => {
  const source = `import { a } from "hono/cookie";\n// @ts-types="@types/ws"\nimport ws from "ws";`;
  const files = [{ path: "lib/x.ts", source, imports: importsOf("lib/x.ts", source) }];
  assert.deepEqual(unusedDependencies(["hono", "@types/ws", "ws"], files), []);
  assert.deepEqual(unusedDependencies(["hono-extra", "@types/w", "cookie"], files), [
    "hono-extra",
    "@types/w",
    "cookie",
  ]);
});

Deno.test("architecture: the top level holds the agreed names only", () => {
  const strangers = [...Deno.readDirSync(ROOT)].map((entry) => entry.name)
    .filter((name) => !name.startsWith(".") && !TOP.has(name) && !PRODUCED.has(name));
  assert.deepEqual(strangers, []);
});

// The control: each fabricated crossing has to be reported, each allowed import not.
const FORBIDDEN: [string, string][] = [
  ["lib/base/log.ts", `import { x } from "../db/client.ts";`],
  ["lib/db/worker.ts", `import type { Draft } from "../readings/reading.ts";`],
  ["lib/sources/mqtt.ts", `import { step } from "../detect/runner.ts";`],
  ["lib/machines/registry.ts", `export * from "../intake/intake.ts";`],
  ["lib/sources/broker.ts", `import { checkKey } from "../access/keys.ts";`],
  ["lib/live/stream.ts", `import { createIntake } from "../intake/create.ts";`],
  ["lib/faults/detect.ts", `import { x } from "../events/events_store.ts";`],
  ["lib/intake/commit.ts", `const m = await import("../sources/mqtt.ts");`],
  ["lib/readings/query.ts", `import { createClient } from "@libsql/client";`],
  ["lib/access/user_store.ts", `import { eq } from "drizzle-orm";`],
  ["lib/access/users.ts", `import { eq } from "../db/orm.ts";`],
  ["lib/alarms/record.ts", `import { alarms } from "../db/schema/alarms.ts";`],
  ["lib/db/owner.ts", `import { drizzle } from "drizzle-orm/sqlite-proxy";`],
  ["lib/intake/commit.ts", `import mqtt from "npm:mqtt@5.16.0";`],
  ["lib/access/sessions.ts", `import { Hono } from "hono";`],
  ["routes/sensors/api.ts", `import { openDatabase } from "../../lib/db/open.ts";`],
  ["islands/chart.tsx", `import { x } from "../lib/base/errors.ts";`],
  ["lib/words/times.ts", `import type { Clock } from "../base/clock.ts";`],
  ["lib/app.ts", `import { chromium } from "playwright-core";`],
  ["lib/cli/check.ts", `import { spawn } from "node:child_process";`],
  ["lib/cli/keys.ts", `import type { KeyJson } from "../../routes/access/keys.ts";`],
  ["lib/live/stream.ts", `import type { Card } from "../../islands/attention.tsx";`],
  ["lib/base/log.ts", `import "../../tests/support/fake_clock.ts";`],
  ["main.ts", `import { buildApp } from "./lib/app.ts";`],
  ["lib/intake/commit.ts", `import { openStorage } from "../app/storage.ts";`],
  ["routes/sensors/api.ts", `import { buildApp } from "../../lib/app.ts";`],
  ["lib/gadgets/x.ts", `import { x } from "../base/log.ts";`],
  ["routes/machines/one.tsx", `import type { X } from "../alarms/api.ts";`],
  ["routes/frame/form.tsx", `import { x } from "../machines/api.ts";`],
  ["sim/world.ts", `import { parse } from "../lib/readings/parse.ts";`],
];
for (const [path, source] of FORBIDDEN) {
  Deno.test(`crossings reports ${path}: ${source}`, () => {
    assert.equal(crossings([{ path, imports: importsOf(path, source) }]).length, 1);
  });
}

Deno.test("circles reports each circle once, types counted, and no other way back to a file", () => {
  const graph = (arrows: Record<string, string>): SourceFile[] =>
    Object.entries(arrows).map(([path, source]) => ({
      path,
      source,
      imports: importsOf(path, source),
    }));
  assert.deepEqual(
    circles(graph({
      "lib/x/a.ts": `import { b } from "./b.ts"; import type { C } from "./c.ts";`,
      "lib/x/b.ts": `import { d } from "./d.ts";`,
      "lib/x/c.ts": `import { d } from "./d.ts";`,
      "lib/x/d.ts": `import { x } from "../base/x.ts";`,
      "lib/x/d_test.ts": `import { d } from "./d.ts";`,
    })),
    [],
  );
  assert.deepEqual(
    circles(graph({
      "lib/x/a.ts": `import { b } from "./b.ts";`,
      "lib/x/b.ts": `import type { C } from "../y/c.ts";`,
      "lib/y/c.ts": `export type { A } from "../x/a.ts";`,
      "lib/y/d.ts": `import { e } from "./e.ts";`,
      "lib/y/e.ts": `const d = await import("./d.ts");`,
    })),
    [
      "lib/x/a.ts → lib/x/b.ts → lib/y/c.ts → lib/x/a.ts",
      "lib/y/d.ts → lib/y/e.ts → lib/y/d.ts",
    ],
  );
});

Deno.test("strayingSql reports SQL of every kind, and no sentence for people", () => {
  const sql = [
    `db.query({ sql: "select 1" })`,
    "db.query({ sql: `select * from audit ${where}` })",
    `{ sql: "insert or replace into t (a) values (?)" }`,
    `{ sql: "update users set name = ?" }`,
    `{ sql: "DELETE FROM chunks" }`,
    `{ sql: "PRAGMA quick_check" }`,
  ];
  for (const one of sql) {
    assert.notEqual(strayingSql("lib/access/users.ts", one), null, one);
    assert.equal(strayingSql("lib/access/user_store.ts", one), null, one);
  }
  for (const words of [`"Update interval."`, `"Delete a sensor"`, `"Select a range"`]) {
    assert.equal(strayingSql("routes/sensors.ts", words), null, words);
  }
});

Deno.test("crossings lets the design's own imports through", () => {
  const allowed: [string, string][] = [
    ["islands/chart.tsx", `import { plain } from "../lib/words/numbers.ts";`],
    ["lib/db/schema.ts", `import { SEVERITIES } from "../words/severity.ts";`],
    ["lib/readings/store.ts", `import type { SqlStatement } from "../db/client.ts";`],
    ["lib/live/stream.ts", `import type { CommittedGroup } from "../intake/committed.ts";`],
    ["lib/access/user_store.ts", `import { eq } from "../db/orm.ts";`],
    ["lib/alarms/record.ts", `import type { AlarmRow } from "../db/schema/alarms.ts";`],
    ["lib/db/schema/access.ts", `import { text } from "drizzle-orm/sqlite-core";`],
    ["lib/app.ts", `import { Hono } from "hono"; import { x } from "../routes/x.ts";`],
    ["lib/sources/mqtt_test.ts", `import { x } from "../alarms/x.ts";`],
    ["lib/base/x.ts", `// import { x } from "../db/client.ts";`],
    ["sim/publisher.ts", `import mqtt from "mqtt";`],
  ];
  for (const [path, source] of allowed) {
    assert.deepEqual(crossings([{ path, imports: importsOf(path, source) }]), [], path);
  }
});

Deno.test("importsOf reads multi-line, mixed and side-effect imports", () => {
  const source = [
    `import {`,
    `  type A,`,
    `  b,`,
    `} from "../base/log.ts";`,
    `import "./x.css";`,
    `export type { C } from "./c.ts";`,
    `import def, { type D } from "hono/streaming";`,
  ].join("\n");
  assert.deepEqual(importsOf("lib/db/a.ts", source), [
    { target: "lib/base/log.ts", typeOnly: false },
    { target: "lib/db/c.ts", typeOnly: true },
    { target: "hono/streaming", typeOnly: false },
    { target: "lib/db/x.css", typeOnly: false },
  ]);
});
