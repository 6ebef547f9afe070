import assert from "node:assert/strict";
import { NOW_MS } from "../../tests/support/alarm_observations.ts";
import { openAlarms, WELL } from "../../tests/support/alarm_service.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { standingSystemKeys, systemObservations } from "./system_observations.ts";
import type { ProgramFacts, SystemFacts } from "./system_facts.ts";

const program = (name: string, change: Partial<ProgramFacts> = {}): ProgramFacts => ({
  name,
  ...{ state: "online", detail: "", queue: null, failed: null, tries: null, successes: null },
  ...change,
});

interface Judged {
  /** Judges the facts; gives the titles of the open alarms, in the order of their names. */
  judge(facts: Partial<SystemFacts>): Promise<string[]>;
  /** Steps since the last time, as `type title`. */
  steps(): string[];
}

async function withAlarms(work: (judged: Judged) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-alarms-" });
  const db = await openTestDatabase(folder);
  try {
    const clock = fakeClock(NOW_MS);
    const { alarms, keeper, told } = await openAlarms(db, clock);
    await work({
      async judge(change) {
        await clock.advance(10_000);
        await keeper.change(clock.now(), (one) => {
          const standing = standingSystemKeys(one.book.all());
          const facts = { ...WELL, ...change };
          for (const observation of systemObservations(facts, one.nowMs, standing)) {
            one.observe(observation);
          }
        });
        return alarms.open().map(({ title }) => title).sort();
      },
      steps: () =>
        told.splice(0).flatMap(({ transitions }) =>
          transitions.map(({ type, alarm }) => `${type} ${alarm.title}`)
        ),
    });
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("each program that is not well has an alarm of its own, which ends when that one is well", () =>
  withAlarms(async ({ judge, steps }) => {
    const silent = program("door-reader", { state: "offline", detail: "not heard from" });
    const long = program("sms-gateway", { queue: 51 });
    const [first, second] = ["51 wait at sms-gateway, more than 50", "door-reader is offline"];
    assert.deepEqual(await judge({ programs: [silent, long] }), [
      first,
      `${second}: not heard from`,
    ]);
    steps();
    // A second one fails, in the same two ways.
    const printer = program("printer", { state: "error", queue: 99 });
    assert.deepEqual(await judge({ programs: [silent, long, printer] }), [
      first,
      "99 wait at printer, more than 50",
      `${second}: not heard from`,
      "printer reports an error",
    ]);
    assert.deepEqual(steps(), [
      "alarm.raised printer reports an error",
      "alarm.raised 99 wait at printer, more than 50",
    ]);
    // The first is well again: its alarm ends, that of the second stays.
    assert.deepEqual(
      await judge({ programs: [silent, program("sms-gateway", { queue: 0 }), printer] }),
      [
        "99 wait at printer, more than 50",
        `${second}: not heard from`,
        "printer reports an error",
      ],
    );
    assert.deepEqual(steps(), [`alarm.resolved ${first}`]);
    // One that was forgotten has none any more.
    assert.deepEqual(await judge({ programs: [printer] }), [
      "99 wait at printer, more than 50",
      "printer reports an error",
    ]);
    assert.deepEqual(await judge({}), []);
  }));

Deno.test("an open alarm about a program follows its words, and does not count its numbers", () =>
  withAlarms(async ({ judge, steps }) => {
    const said = (detail: string, queue: number) =>
      judge({ programs: [program("printer", { state: "error", detail, queue })] });
    await said("no paper", 51);
    assert.deepEqual(await said("jammed", 52), [
      "51 wait at printer, more than 50",
      "printer reports an error: jammed",
    ]);
    assert.deepEqual(
      await judge({ programs: [program("printer", { state: "offline", detail: "silent" })] }),
      ["printer is offline: silent"],
    );
    assert.deepEqual(steps().filter((step) => step.includes("error: jammed")), []);
  }));

Deno.test("what cannot be judged now stands, and what no rule knows any more ends", () => {
  const keys = ["system:disk", "system:program-state", "system:gone:x", "system:probe:y"];
  const standing = new Map(keys.map((key) => [key, key.endsWith("y") ? "hall/shop" : null]));
  const ends = systemObservations(WELL, NOW_MS, standing);
  assert.deepEqual(ends.map(({ key, present, machine }) => [key, present, machine]), [
    ["system:program-state", false, null],
    ["system:gone:x", false, null],
    // It is looked for among the alarms of its machine.
    ["system:probe:y", false, "hall/shop"],
  ]);
  const unknown = systemObservations({ ...WELL, probes: null }, NOW_MS, standing);
  assert.ok(!unknown.some(({ key }) => key === "system:probe:y"), "it stands as it did");
  assert.deepEqual(systemObservations(WELL, NOW_MS, new Map()), []);
});

Deno.test("each source that is not connected has an alarm of its own", () =>
  withAlarms(async ({ judge }) => {
    const source = (name: string, ok: boolean) => ({ name, ok, detail: "refused" });
    await judge({ sources: [source("mqtt", false), source("broker", true)] });
    assert.deepEqual(await judge({ sources: [source("mqtt", false), source("broker", false)] }), [
      "the source broker does not work: refused",
      "the source mqtt does not work: refused",
    ]);
    assert.deepEqual(await judge({ sources: [source("mqtt", true), source("broker", false)] }), [
      "the source broker does not work: refused",
    ]);
  }));
