import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { silentLog } from "../base/log.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import { createEventLog } from "../events/events_store.ts";
import type { FaultSource, Pausable, Pause, Sighting } from "./fault.ts";
import { createFaults } from "./faults.ts";

/** A part that can be paused. */
function part(component: string, byPersonOnly = false): Pausable {
  let pause: Pause | null = null;
  return {
    component,
    byPersonOnly,
    pause: (by) => Promise.resolve(void (pause = { sinceMs: 0, by })),
    resume: () => Promise.resolve(void (pause = null)),
    paused: () => pause,
  };
}

const broken: Sighting = {
  cause: "codec:pump",
  component: "codec:pump",
  type: "syntax_error",
  severity: "high",
  message: "Unexpected token",
  file: "codecs/pump.js",
  line: 4,
};

async function around(
  run: (site: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-faults-" });
  const site = await open(dir);
  try {
    await run(site);
  } finally {
    await site.db.close();
    await Deno.remove(dir, { recursive: true });
  }
}

async function open(dir: string) {
  const db = await openTestDatabase(dir);
  const clock = fakeClock();
  const events = createEventLog(db);
  let sightings: Sighting[] = [];
  const source: FaultSource = { name: "test", look: () => sightings };
  let isFull = false;
  const guarded: Database = {
    ...db,
    write: (statements) => isFull ? Promise.reject(new Error("full")) : db.write(statements),
  };
  const pausables = [part("codec:pump"), part("intake", true)];
  const news: string[] = [];
  const restarted: string[] = [];
  const make = (parts: Pausable[]) =>
    createFaults({
      db: guarded,
      clock,
      log: silentLog(),
      events,
      sources: [source],
      pausables: () => parts,
      restarts: { names: () => ["task:alarms"], restart: (component) => restarted.push(component) },
      publish: (changed) =>
        changed.forEach(({ state, component }) => news.push(`${component} ${state}`)),
      deletionMs: () => clock.now(),
    });
  const by = {
    name: "Ann",
    reason: "the broker moves",
    audited: (): SqlStatement => ({ sql: "select 1" }),
  };
  return {
    db,
    clock,
    events,
    pausables,
    news,
    restarted,
    make,
    faults: make(pausables),
    by,
    see: (...some: Sighting[]) => void (sightings = some),
    full: (is: boolean) => void (isFull = is),
    types: async () => (await events.list({})).items.map(({ type }) => type).reverse(),
  };
}

Deno.test("faults pause a broken part, say so, and are over when it was resumed and is well", async () => {
  await around(async ({ faults, see, clock, types, by, news }) => {
    await faults.load();
    see(broken);
    await faults.look();
    assert.equal(faults.paused()[0].component, "codec:pump");
    const [fault] = faults.open();
    assert.equal(fault.paused, true);
    see();
    for (let i = 0; i < 10; i++) {
      clock.advance(5_000);
      await faults.look();
    }
    assert.equal(faults.open().length, 1, "it holds its part");
    await faults.resume("codec:pump", by);
    assert.deepEqual(faults.paused(), []);
    for (let i = 0; i < 5; i++) {
      await clock.advance(5_000);
      await faults.look();
    }
    assert.deepEqual(faults.open(), []);
    assert.equal((await faults.get(fault.id))!.state, "over");
    assert.deepEqual(await types(), [
      "fault.opened",
      "component.paused",
      "component.resumed",
      "fault.over",
    ]);
    assert.deepEqual(news, ["codec:pump open", "codec:pump open", "codec:pump over"]);
  });
});

Deno.test("a look that began before a part was mended, or resumed, does not pause it", async () => {
  await around(async ({ make, see, by, clock }) => {
    const pump = part("codec:pump");
    let text = "broken";
    const faults = make([{ ...pump, version: () => text }]);
    await faults.load();
    const lookWhile = async (meanwhile: () => void | Promise<void>) => {
      see(broken);
      const looking = faults.look();
      // The sources are asked in the next turn; what is decided comes some turns later.
      await Promise.resolve();
      see();
      await meanwhile();
      await looking;
    };
    await lookWhile(() => void (text = "mended"));
    assert.equal(pump.paused(), null, "another text");
    await lookWhile(() => {});
    assert.match(pump.paused()!.by, /^fault:/, "control: the same text");
    await lookWhile(() => faults.resume("codec:pump", by));
    assert.equal(pump.paused(), null, "resumed meanwhile");
    await clock.advance(5_000);
    see(broken);
    await faults.look();
    assert.match(pump.paused()!.by, /^fault:/, "the next look sees whether it is well");
  });
});

Deno.test("faults keep what a person paused over a restart, and start anew what they are asked to", async () => {
  await around(async ({ faults, make, by, restarted }) => {
    await faults.load();
    await faults.pause("intake", by);
    const parts = [part("intake", true)];
    const again = make(parts);
    await again.load();
    assert.notEqual(parts[0].paused(), null);
    await again.look();
    assert.equal(again.open()[0].message, "intake is paused by Ann: the broker moves");
    await again.resume("intake", by);
    await again.look();
    assert.deepEqual(again.open(), []);
    await again.restart("task:alarms", by);
    assert.deepEqual(restarted, ["task:alarms"]);
    await assert.rejects(again.restart("task:none", by), { code: "not_found" });
    await assert.rejects(again.resume("intake", by), { code: "conflict" });
    await assert.rejects(again.pause("storage", by), { code: "not_found" });
  });
});

Deno.test("faults that are dismissed stay so while they are seen, also over a restart", async () => {
  await around(async ({ faults, make, see, by, pausables, clock, types }) => {
    await faults.load();
    see({ ...broken, severity: "medium" });
    await faults.look();
    await faults.dismiss(faults.open()[0].id, by);
    await faults.look();
    const again = make(pausables);
    await again.load();
    await again.look();
    assert.deepEqual(again.open(), []);
    assert.deepEqual(await types(), ["fault.opened", "fault.dismissed"]);
    see({ ...broken, severity: "critical" });
    await clock.advance(5_000);
    await again.look();
    assert.equal(again.open()[0].id, 2, "what got worse is another");
    const { items } = await again.list({ states: ["dismissed"] });
    assert.notEqual(items[0].endedMs, null);
  });
});

Deno.test("faults are written every ten minutes while they go on, and later when the disk is full", async () => {
  await around(async ({ faults, see, clock, full, make, pausables }) => {
    await faults.load();
    full(true);
    for (let times = 1; times <= 3; times++) {
      see({ ...broken, severity: "medium", times });
      await faults.look();
    }
    assert.equal(faults.open().length, 1);
    full(false);
    await faults.look();
    const onDisk = async () => {
      const other = make(pausables);
      await other.load();
      return other.open()[0]?.n;
    };
    assert.equal(await onDisk(), 1);
    await clock.advance(9 * 60_000);
    await faults.look();
    assert.equal(await onDisk(), 1);
    await clock.advance(2 * 60_000);
    await faults.look();
    assert.equal(await onDisk(), 3);
  });
});

Deno.test("faults stay bounded: a source that floods, hangs or throws is itself one fault", async () => {
  await around(async ({ db, clock, events }) => {
    const flood: FaultSource = {
      name: "flood",
      look: () => Array.from({ length: 1_000 }, (_, i) => ({ ...broken, cause: `flood:${i}` })),
    };
    const hangs: FaultSource = { name: "hangs", look: () => new Promise(() => {}) };
    const throws: FaultSource = {
      name: "throws",
      look: () => {
        throw new Error("x is undefined");
      },
    };
    const faults = createFaults({
      db,
      clock,
      log: silentLog(),
      events,
      sources: [flood, hangs, throws],
      pausables: () => [],
      restarts: { names: () => [], restart: () => {} },
      publish: () => {},
      deletionMs: () => clock.now(),
    });
    await faults.load();
    const looking = faults.look();
    await clock.advance(5_000);
    await looking;
    const others = faults.open().filter(({ type }) => type !== "syntax_error");
    assert.equal(faults.open().length - others.length, 50);
    assert.deepEqual(others.map(({ message }) => message), [
      "1000 faults of flood at once; 50 are shown",
      "Looking for faults of hangs does not answer",
      "Looking for faults of throws fails: x is undefined",
    ]);
  });
});
