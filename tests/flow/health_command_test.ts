/** `perch health`: what is wrong with a Perch that is ready, and the exit code that follows. */
import assert from "node:assert/strict";
import { isWell } from "../../lib/cli/commands/health.ts";
import type { Condition } from "../../lib/cli/condition.ts";
import type { Facts } from "../../lib/health/emergency/decide.ts";
import type { HostReport } from "../../lib/health/history/report.ts";
import type { HostSample } from "../../lib/health/host_sample.ts";
import { perchHere } from "../support/command_here.ts";
import { startCommandedApp } from "../support/commanded_app.ts";
import { hostSample } from "../support/host.ts";
import { until } from "../support/until.ts";

const CALM: Facts = { cpu: 10, memory: 20, disk: 25, temperature: 45 };
const GOOD = hostSample();
const FULL = { ...GOOD.disk!, freeBytes: 1e9 };

/** A Perch on a made-up host, which tests change. */
async function startOnHost() {
  const site: { facts: Facts; change: Partial<HostSample> } = { facts: CALM, change: {} };
  const under = await startCommandedApp({}, {
    host: (clock) => ({
      sample: () => Promise.resolve(hostSample({ atMs: clock.now(), ...site.change })),
      sense: () => Promise.resolve(site.facts),
      databaseWrites: () => Promise.resolve(null),
    }),
  });
  const run = (...args: string[]) => perchHere(under.dataDir, ["health", ...args]);
  return { ...under, site, run };
}

Deno.test("perch health: 1 where a part does not work, with what is wrong; --ready asks for less", async () => {
  const { app, run, close } = await startOnHost();
  try {
    const well = await run();
    assert.equal(well.code, 0, well.out);
    assert.match(well.out, /^http\S+ is ready\.\nOverall: Healthy\.\n\nThis Pi is fine/);
    const { components } = app.parts();
    components.register("pump", () => ({ health: "degraded", detail: "It is slow." }));
    const degraded = await run();
    assert.equal(degraded.code, 0, "degraded is no problem that somebody is woken for");
    assert.match(degraded.out, /\nOverall: Degraded\.\nPart pump is degraded: It is slow\.\n/);
    components.register("pump", () => ({ health: "error", detail: "It is gone." }));
    const partial = await run();
    assert.equal(partial.code, 1);
    assert.match(partial.out, /^http\S+ is ready\.\nOverall: Partial\.\n/);
    assert.match(partial.out, /\nPart pump does not work: It is gone\.\n/);
    const json = await run("--json");
    assert.equal(json.code, 1);
    const { status, overall, ailing } = JSON.parse(json.out);
    assert.deepEqual([status, overall], ["ok", "Partial"]);
    assert.deepEqual(ailing, [
      { name: "pump", health: "error", detail: "It is gone.", reported: false },
    ]);
    const ready = await run("--ready");
    assert.equal(ready.code, 0);
    assert.match(ready.out, /^http\S+ is ready\.$/);
  } finally {
    await close();
  }
});

Deno.test("perch health: 1 while the host is critical, and in emergency mode, which it names", async () => {
  const { run, site, close } = await startOnHost();
  try {
    site.change = { disk: FULL };
    site.facts = { ...CALM, disk: 98 };
    const said = await until("an emergency", async () => {
      const answer = await run("--json");
      return JSON.parse(answer.out).emergency === null ? null : answer;
    });
    assert.equal(said.code, 1);
    const { out, code } = await run();
    assert.equal(code, 1);
    assert.match(out, /\nEmergency mode: The host is in need \(the disk is 98 % used/);
  } finally {
    await close();
  }
});

Deno.test("perch health: a Perch that is ready and takes no questions is not called well", async () => {
  const { dataDir, run, close } = await startOnHost();
  try {
    const lock = JSON.parse(Deno.readTextFileSync(`${dataDir}/perch.lock`));
    const silent = JSON.stringify({ ...lock, socket: `${dataDir}/nobody.sock` });
    await Deno.writeTextFile(`${dataDir}/perch.lock`, silent);
    const { code, out } = await run();
    assert.equal(code, 0);
    assert.match(out, /is ready\.\nOverall: not known, it takes no questions\.$/);
  } finally {
    await close();
  }
});

Deno.test("isWell: the rule of the exit code", () => {
  const condition = (change: Partial<Condition>): Condition => ({
    ...{ overall: "Healthy", well: 3, ailing: [], emergency: null, broker: null },
    ...change,
  });
  const host = (status: HostReport["status"]) => ({ status }) as HostReport;
  const cases: [Condition | null, HostReport | null, boolean][] = [
    [condition({}), host("fine"), true],
    [condition({ overall: "Degraded" }), host("warning"), true],
    [condition({ overall: "Partial" }), host("fine"), false],
    [condition({ overall: "Error" }), host("fine"), false],
    [condition({ overall: "Degraded", emergency: "The disk is full." }), host("fine"), false],
    [condition({}), host("critical"), false],
    [condition({}), host("unknown"), true],
    [null, host("critical"), false],
    [null, null, true],
  ];
  for (const [one, two, expected] of cases) {
    assert.equal(isWell({ condition: one, host: two }), expected, JSON.stringify([one, two]));
  }
});
