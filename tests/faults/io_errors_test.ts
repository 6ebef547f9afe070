import assert from "node:assert/strict";
import { join } from "node:path";
import { haveCommands } from "../support/commands.ts";
import { failingDisk, haveLoopDisks } from "../support/disk.ts";
import { startLoad } from "../support/mqtt_load.ts";
import { addKey, perchCommand, type PerchProcess, ROOT, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";
import { compare, damage, judgeFull } from "./kill.ts";

/** `IO_ERRORS_N` adds so many random cases to those below (the soak 60). */
const MORE = Number(Deno.env.get("IO_ERRORS_N") ?? 0);
const RATE_PER_S = 300;
const START_MS = Date.UTC(2026, 0, 1);
const RED_MS = 5_000;

interface Case {
  file: "perch.db" | "perch.db-wal";
  call: "pwrite64" | "fsync";
  errno: "EIO" | "ENOSPC";
  /** The first call that fails. */
  at: number;
  forEver: boolean;
}

const CASES: Case[] = [
  { file: "perch.db-wal", call: "fsync", errno: "EIO", at: 20, forEver: true },
  { file: "perch.db-wal", call: "pwrite64", errno: "ENOSPC", at: 60, forEver: true },
  { file: "perch.db-wal", call: "pwrite64", errno: "EIO", at: 70, forEver: false },
];

/** Any of all: also the database itself, which is written when the log is brought into it. */
function randomCase(): Case {
  const one = <T>(of: readonly T[]) => of[Math.floor(Math.random() * of.length)];
  const file = one(["perch.db", "perch.db-wal"] as const);
  const call = one(["pwrite64", "fsync"] as const);
  const most = file === "perch.db" ? (call === "fsync" ? 2 : 50) : call === "fsync" ? 60 : 300;
  return {
    file,
    call,
    errno: one(["EIO", "ENOSPC"]),
    at: 1 + Math.floor(Math.random() * most),
    forEver: Math.random() < 0.5,
  };
}

async function call(perch: PerchProcess, path: string, key: string, body?: unknown) {
  const response = await fetch(perch.url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, text: await response.text() };
}

async function until(
  what: string,
  wanted: () => boolean | Promise<boolean>,
  mostMs: number,
): Promise<number> {
  const startMs = performance.now();
  while (!await wanted()) {
    if (performance.now() - startMs > mostMs) throw new Error(`${what}: not within ${mostMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - startMs;
}

const isRed = async (perch: PerchProcess, key: string) =>
  (await call(perch, "/health", key)).status === 503;
const READING = { machine: "hall", sensor: "t", value: 1 };

async function run(fault: Case): Promise<void> {
  const { file, errno, at, forEver } = fault;
  const dataDir = await Deno.makeTempDir({ prefix: "perch-io-" });
  const trace = join(dataDir, "strace.out");
  const key = await addKey({ dataDir, role: "admin" });
  const mqttPort = freePort();
  const env = { MQTT_PORT: String(mqttPort) };
  // A connection that waits for no disk never hears that it failed.
  const unsafe = sabotaged("io")
    ? { binary: [Deno.execPath(), "run", "-A", `${ROOT}tests/support/unsafe_perch.ts`] }
    : {};
  const when = `when=${at}${forEver ? "+" : ""}`;
  // -D: Perch is the child, and strace ends with it.
  const under = ["strace", "-D", "-f", "--seccomp-bpf", "-o", trace, "-e", `trace=${fault.call}`]
    .concat(["-P", join(dataDir, file), "-e", `inject=${fault.call}:error=${errno}:${when}`]);
  let perch = await startPerch({ dataDir, env, under, readyPath: "/health/live", ...unsafe });
  // The database itself is written only when its log is brought into it: that takes a while.
  const [ratePerS, mostMs] = file === "perch.db" ? [4 * RATE_PER_S, 120_000] : [RATE_PER_S, 30_000];
  const load = startLoad({ port: mqttPort, devices: 4, ratePerS, startMs: START_MS });
  const injected = async () => (await Deno.readTextFile(trace)).includes("INJECTED");
  try {
    await until("the fault", injected, mostMs);
    if (forEver && file === "perch.db-wal") {
      await until("health is red", () => isRed(perch, key), RED_MS);
      const refused = await call(perch, "/api/ingest", key, READING);
      assert.equal(refused.status, errno === "ENOSPC" && fault.call === "pwrite64" ? 507 : 503);
      assert.ok(refused.text.includes(dataDir), `the path is named: ${refused.text}`);
    } else {
      const before = load.acknowledged();
      await until("readings are taken", () => load.acknowledged() > before + 100, 15_000);
      await until("health is green", async () => !await isRed(perch, key), RED_MS);
    }
    await perch.kill();
    perch = await startPerch({ dataDir, env });
    const before = load.acknowledged();
    await until("readings are taken", () => load.acknowledged() > before + 50, 15_000);
    await load.stop();
    const report = await compare(() => judgeFull(perch, key, load.ledger()));
    assert.deepEqual(report.examples, []);
    assert.deepEqual([report.lost, report.duplicate, report.wrong], [0, 0, 0]);
    assert.equal(await perch.stop(), 0);
    assert.deepEqual(await damage(dataDir), []);
    console.log(`  ${report.acknowledged} acknowledged, 0 lost, 0 twice`);
  } finally {
    await load.stop();
    await perch.kill();
    await Deno.remove(dataDir, { recursive: true });
  }
}

const installed = haveCommands({ strace: "strace" });

// T5. Its control: SABOTAGE=io commits without waiting for the disk; the case of fsync must be red.
for (const fault of [...CASES, ...Array.from({ length: MORE }, randomCase)]) {
  const { call, file, errno, at, forEver } = fault;
  Deno.test({
    name: `${errno} at ${call} ${at} of ${file}, ${forEver ? "for ever" : "once"}, loses nothing`,
    ignore: !installed,
  }, () => run(fault));
}

/** Starts Perch where it cannot work; gives its exit code and what it said. */
async function startRefused(dataDir: string): Promise<{ code: number; said: string }> {
  const [command, args] = perchCommand(undefined, ["serve"]);
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    env: {
      PERCH_DATA: dataDir,
      PERCH_HOST: "127.0.0.1",
      PERCH_PORT: "0",
      MQTT_PORT: "0",
      NO_COLOR: "1",
    },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, said: (decoder.decode(stdout) + decoder.decode(stderr)).trim() };
}

// T7. Its control: SABOTAGE=read-only leaves the disk writable, and the test must be red.
Deno.test({
  name: "storage that becomes read-only in mid-load is said with path and cause, and loses nothing",
  ignore: !haveLoopDisks(),
}, async () => {
  await using disk = await failingDisk(64);
  const dataDir = join(disk.path, "data");
  await Deno.mkdir(dataDir);
  const key = await addKey({ dataDir, role: "admin" });
  const mqttPort = freePort();
  const env = { MQTT_PORT: String(mqttPort) };
  let perch = await startPerch({ dataDir, env });
  const load = startLoad({ port: mqttPort, devices: 4, ratePerS: RATE_PER_S, startMs: START_MS });
  try {
    await until("the load", () => load.acknowledged() > 200, 20_000);
    if (!sabotaged("read-only")) await disk.fail(perch.pid);
    await until("health is red", () => isRed(perch, key), RED_MS);
    const refused = await call(perch, "/api/ingest", key, READING);
    assert.equal(refused.status, 503);
    assert.match(refused.text, new RegExp(`${dataDir}/perch\\.db: Read-only file system`));
    const read = await call(perch, "/api/readings?sensor=load/d0/value&points=0", key);
    assert.equal(read.status, 200, read.text);
    const page = await fetch(`${perch.url}/sensors`, {
      headers: { authorization: `Bearer ${key}`, accept: "text/html" },
    });
    assert.match(await page.text(), /class="site-trouble"/);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const lines = perch.output().split("\n").filter((line) => /"(warn|error)"/.test(line));
    assert.ok(lines.length <= 20, `the log is flooded:\n${lines.join("\n")}`);
    await perch.kill();
    const { code, said } = await startRefused(dataDir);
    assert.ok(code !== 0 && said.split("\n").length <= 2, said);
    assert.ok(said.includes(dataDir) && said.includes("Read-only file system"), said);

    await disk.mend();
    perch = await startPerch({ dataDir, env });
    const before = load.acknowledged();
    await until("readings are taken", () => load.acknowledged() > before + 50, 15_000);
    await load.stop();
    const report = await compare(() => judgeFull(perch, key, load.ledger()));
    assert.deepEqual(report.examples, []);
    assert.deepEqual([report.lost, report.duplicate, report.wrong], [0, 0, 0]);
    assert.equal(await perch.stop(), 0);
    assert.deepEqual(await damage(dataDir), []);
    console.log(`  ${report.acknowledged} acknowledged, 0 lost, 0 twice`);
  } finally {
    await load.stop();
    await perch.kill();
  }
});
