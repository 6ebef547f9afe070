/**
 * T20, from crossing to alarm: a process that stores, judges and keeps alarms is killed at random moments and
 * started again. Every crossing of the generator is counted in exactly one alarm, every alarm has its event of
 * being raised and, when it is over, of being resolved, and what is open is what is over its limit.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { CROSSING_SENSORS, crossingsOf } from "../support/crossings.ts";
import { sabotaged } from "../support/sabotage.ts";

/** `ALARM_KILLS_N` sets how many (10; the soak 500). */
const CYCLES = Number(Deno.env.get("ALARM_KILLS_N") ?? 10);
const GROUPS = 60 * CYCLES;
const LEAST_LIFE_MS = 20;
const MOST_LIFE_MS = 400;

function spawn(dataDir: string, paceMs: number, sabotage: string) {
  const child = join(import.meta.dirname!, "alarm_kill_child.ts");
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", child, dataDir, String(GROUPS), String(paceMs), sabotage],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let said = "", over = false;
  const reading = (async () => {
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) said += text;
  })().finally(() => over = true);
  return {
    async says(line: string): Promise<boolean> {
      while (!said.includes(line) && !over) await sleep(5);
      return said.includes(line);
    },
    ended: () => over,
    async kill() {
      try {
        process.kill("SIGKILL");
      } catch { /* it has ended */ }
      await process.status;
      await reading.catch(() => {});
    },
    finished: async () => void await Promise.all([process.status, reading]),
  };
}

interface Kept {
  alarms: { id: string; sensor: number; state: string; count: number; flapping: number }[];
  /** Types by subject, in order. */
  events: Map<string, string[]>;
  uids: number;
  behind: number;
}

async function keptIn(dataDir: string): Promise<Kept> {
  const client = createClient({ url: `file:${dataDir}/perch.db`, concurrency: 1 });
  try {
    const alarms = (await client.execute("SELECT * FROM alarms ORDER BY id")).rows.map((row) => ({
      id: String(row.id),
      sensor: Number(row.sensor_num),
      state: String(row.state),
      count: Number(row.count),
      flapping: Number(row.flapping),
    }));
    const log = (await client.execute("SELECT uid, type, subject FROM events ORDER BY id")).rows;
    const events = new Map<string, string[]>();
    for (const { type, subject } of log) {
      const list = events.get(String(subject)) ?? [];
      list.push(String(type));
      events.set(String(subject), list);
    }
    const [last] = (await client.execute(
      "SELECT (SELECT max(id) FROM findings) - (SELECT id FROM alarm_cursors WHERE name = 'findings')",
    )).rows;
    return {
      alarms,
      events,
      uids: new Set(log.map(({ uid }) => uid)).size - log.length,
      behind: Number(Object.values(last)[0]),
    };
  } finally {
    client.close();
  }
}

// Its control: SABOTAGE=alarm_kill moves the cursor first, in a transaction of its own, and the test must be red.
Deno.test(`T20: kill -9, ${CYCLES} times between crossing and alarm: each crossing is in one alarm, once`, async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-alarm-kill-" });
  try {
    const sabotage = sabotaged("alarm_kill") ? "apart" : "";
    let kills = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const child = spawn(dir, 4, sabotage);
      assert.ok(await child.says("ready"));
      await sleep(LEAST_LIFE_MS + Math.random() * (MOST_LIFE_MS - LEAST_LIFE_MS));
      if (!child.ended()) kills++;
      await child.kill();
    }
    const last = spawn(dir, 0, sabotage);
    assert.ok(await last.says("done"));
    await last.finished();
    const { alarms, events, uids, behind } = await keptIn(dir);
    assert.equal(behind, 0, "every finding was read");
    assert.equal(uids, 0, "every event has its own uid");
    let crossings = 0, wrong = 0;
    for (const sensor of CROSSING_SENSORS) {
      const { times, over } = crossingsOf(sensor, GROUPS);
      const own = alarms.filter((alarm) => alarm.sensor === sensor);
      const counted = own.reduce((sum, alarm) => sum + alarm.count, 0);
      crossings += times;
      wrong += Math.abs(counted - times);
      const open = own.filter(({ state }) => state !== "resolved");
      assert.equal(open.length, over ? 1 : 0, `sensor ${sensor}: open alarms`);
    }
    for (const { id, state } of alarms) {
      const types = events.get(`alarm:${id}`) ?? [];
      assert.equal(types[0], "alarm.raised", `alarm ${id}: ${types}`);
      assert.equal(types.filter((type) => type === "alarm.raised").length, 1);
      assert.equal(
        types.at(-1) === "alarm.resolved",
        state === "resolved",
        `alarm ${id}: ${types}`,
      );
    }
    console.log(
      `  ${kills} kills, ${crossings} crossings in ${alarms.length} alarms, ${wrong} missed or ` +
        `counted twice; 0 of ${CYCLES} means below ${3 / CYCLES} at 95 %`,
    );
    assert.equal(wrong, 0);
    assert.ok(kills > CYCLES / 2, `${kills} of ${CYCLES} were killed while they worked`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
