import assert from "node:assert/strict";
import type { Database } from "../db/client.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { HOUR_MS } from "../words/times.ts";
import type { ComponentState } from "./components.ts";
import { createReportedComponents, REPORTED_MOST } from "./reported.ts";

interface Room {
  clock: FakeClock;
  changes: ComponentState[];
  writes: () => number;
  open(): Promise<ReturnType<typeof createReportedComponents>>;
}

async function withRoom(run: (room: Room) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-reported-" });
  const db = await openTestDatabase(folder);
  const clock = fakeClock();
  const changes: ComponentState[] = [];
  let writes = 0;
  const counted: Database = { ...db, write: (all) => (writes++, db.write(all)) };
  try {
    await run({
      clock,
      changes,
      writes: () => writes,
      async open() {
        const components = createReportedComponents({
          db: counted,
          clock,
          isBuiltIn: (name) => name === "storage",
          timeText: (ms) => new Date(ms).toISOString().slice(0, 19),
          onChange: (state) => void changes.push(state),
        });
        await components.load();
        return components;
      },
    });
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("createReportedComponents: who is silent for too long is offline, whatever the host's clock does", () =>
  withRoom(async ({ clock, changes, open }) => {
    const first = await open();
    await first.report("door", { state: "online", expires_s: 60 }, "reader");
    await first.report("lamp", { state: "degraded" }, "reader");
    // The host's clock is set ahead by a day: no silence came about.
    clock.jump(24 * HOUR_MS);
    await first.expire();
    assert.deepEqual(first.all().map(({ state }) => state), ["online", "degraded"]);
    await clock.advance(59_000);
    await first.report("door", { state: "online", expires_s: 60 }, "reader");
    const heard = new Date(clock.now()).toISOString().slice(0, 19);
    await clock.advance(59_000);
    await first.expire();
    assert.equal(first.all()[0].state, "online");
    // And set back: the silence goes on all the same.
    clock.jump(-48 * HOUR_MS);
    await clock.advance(1_000);
    await first.expire();
    const [door, lamp] = first.states();
    assert.deepEqual([door.health, lamp.health], ["error", "degraded"]);
    assert.equal(door.detail, `not heard from since ${heard}; it was online then`);
    assert.deepEqual(changes.map(({ name, health }) => `${name} ${health}`), [
      "door ok",
      "lamp degraded",
      "door error",
    ]);
    await first.expire();
    assert.equal(changes.length, 3, "once");

    // A restart keeps it; who was heard before it has its whole time again.
    await first.report("gate", { state: "online", expires_s: 60 }, "reader");
    await clock.advance(50_000);
    const second = await open();
    assert.equal(second.all().find(({ name }) => name === "door")?.detail, door.detail);
    await clock.advance(50_000);
    await second.expire();
    const gate = () => second.all().find(({ name }) => name === "gate")!.state;
    assert.equal(gate(), "online");
    await clock.advance(10_000);
    await second.expire();
    assert.equal(gate(), "offline");
    await second.report("gate", { state: "online", expires_s: 60 }, "reader");
    assert.equal(gate(), "online");
  }));

Deno.test("createReportedComponents tells when a program counts as offline, as a time of the host", () =>
  withRoom(async ({ clock, open }) => {
    const first = await open();
    const endOf = (room: typeof first, at: number) => room.states()[at].reported!.expires_ms;
    await first.report("door", { state: "online", expires_s: 60 }, "reader");
    await first.report("lamp", { state: "offline" }, "reader");
    const endMs = clock.now() + 60_000;
    await clock.advance(30_000);
    assert.deepEqual([endOf(first, 0), endOf(first, 1)], [endMs, null]);
    clock.jump(HOUR_MS);
    assert.equal(endOf(first, 0), endMs + HOUR_MS, "its silence goes on as long as before");
    clock.jump(-3 * HOUR_MS);
    await clock.advance(30_000);
    await first.expire();
    const goneMs = endOf(first, 0);
    assert.ok(goneMs !== null && goneMs <= clock.now() + 3 * HOUR_MS);
    await clock.advance(60_000);
    await first.expire();
    const second = await open();
    await second.expire();
    for (const room of [first, second]) {
      assert.deepEqual([endOf(room, 0), endOf(room, 1)], [goneMs, null], "when it was");
      assert.match(room.states()[0].detail, /it was online then$/);
    }
    // One that says itself that it is offline may fall silent too, once.
    await second.report("door", { state: "offline", expires_s: 60 }, "reader");
    assert.equal(endOf(second, 0), clock.now() + 60_000);
    await clock.advance(60_000);
    await second.expire();
    assert.match(second.states()[0].detail, /it was offline then$/);
  }));

Deno.test("createReportedComponents writes what changed, and what stays the same now and then", () =>
  withRoom(async ({ clock, writes, open }) => {
    const components = await open();
    const report = (queue: number) =>
      components.report("door", { state: "online", expires_s: 60, queue }, "reader");
    for (let i = 0; i < 360; i++) {
      await report(3);
      await clock.advance(10_000);
    }
    assert.ok(writes() >= 6 && writes() <= 8, `${writes()} writes in an hour of 360 equal reports`);
    const before = writes();
    await report(4);
    assert.equal(writes(), before + 1);
    await clock.advance(10_000);
    await report(4);
    await components.store();
    await components.store();
    assert.equal(writes(), before + 2, "what is not written yet goes to the disk at the end");
  }));

Deno.test("createReportedComponents takes no name of Perch's own, and not more than a hundred", () =>
  withRoom(async ({ open }) => {
    const components = await open();
    await assert.rejects(
      components.report("storage", { state: "error" }, "reader"),
      /a part of Perch itself/,
    );
    for (let i = 0; i < REPORTED_MOST; i++) {
      await components.report(`p${i}`, { state: "online" }, "reader");
    }
    await assert.rejects(
      components.report("more", { state: "online" }, "reader"),
      /101st .* DELETE/,
    );
    await components.report("p7", { state: "error" }, "reader");
    assert.equal(components.all().length, REPORTED_MOST);
  }));
