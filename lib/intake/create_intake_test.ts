import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { PerchError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { SqlStatement } from "../db/client.ts";
import { createRegistry } from "../machines/registry.ts";
import {
  addReject,
  type Decoded,
  type Draft,
  FLAG_ARRIVAL_TIME,
  FLAG_DEVICE_TIME_REFUSED,
  FLAG_PAST,
  type ReadingGroup,
} from "../readings/reading.ts";
import { createClockNotes } from "./clock_notes.ts";
import type { CommittedGroup } from "./committed.ts";
import { createIntake, type IntakeDeps } from "./create_intake.ts";
import type { Outcome } from "./intake.ts";
import { RetainedMarks } from "./retained_store.ts";
import { createRejectLog, type RejectRecord } from "./rejects.ts";

const noPoison: IntakeDeps["poison"] = {
  begin: () => ({ do: "read", noted: null }),
  end: () => {},
  setAside: () => Promise.resolve(),
};

/** One good value and `n` that are none. */
function manyRejects(sensor: string, n: number): Decoded {
  const out: Decoded = { drafts: [{ sensor, value: 1 }], rejects: [] };
  for (let i = 0; i < n; i++) addReject(out, { code: "bad_value", message: `no ${i}` });
  return out;
}

/** The store decides nothing here: the test commits or fails each group when it wants to. */
async function setup(options: { commitIntervalMs?: number } = {}) {
  const clock = fakeClock();
  const groups: {
    group: ReadingGroup;
    extra: readonly SqlStatement[];
    commit: (duplicate?: Uint8Array) => Promise<void>;
    fail: () => Promise<void>;
  }[] = [];
  const published: CommittedGroup[] = [];
  const letters: RejectRecord[] = [];
  const settled = () => new Promise<void>((r) => setTimeout(r, 0));
  const registry = createRegistry({
    clock,
    rows: { machines: [], sensors: [], states: [], last: [] },
  });
  const rejects = createRejectLog();
  const intake = await createIntake({
    clock,
    log: silentLog(),
    registry,
    rejects,
    clockNotes: createClockNotes(),
    poison: noPoison,
    retained: new RetainedMarks(),
    deadLetters: {
      append: (records) => Promise.resolve(void letters.push(...records)),
      close: () => Promise.resolve(),
    },
    publish: (group) => published.push(group),
    commitIntervalMs: options.commitIntervalMs ?? 50,
    db: { query: () => Promise.resolve({ columns: [], rows: [], rowsAffected: 0 }) },
    decode: (topic, payload) => {
      const text = new TextDecoder().decode(payload);
      const value = Number(text);
      if (text === "unset") {
        return { drafts: [{ sensor: topic, value: 1, noTime: "0" }], rejects: [] };
      }
      if (text.startsWith("many ")) return manyRejects(topic, Number(text.slice(5)));
      return text === "bad"
        ? { drafts: [], rejects: [{ code: "bad_payload", message: "not a number" }] }
        : { drafts: [{ sensor: topic, value }], rejects: [] };
    },
    store: {
      recentPackets: () => Promise.resolve([]),
      append: (group, extra) =>
        new Promise((resolve, reject) =>
          groups.push({
            group,
            extra,
            commit: (duplicate) => {
              resolve({ groupId: groups.length, duplicate: duplicate ?? null });
              return settled();
            },
            fail: () => {
              reject(new PerchError("storage_full", "the disk is full"));
              return settled();
            },
          })
        ),
    },
  });
  const outcomes: [number, Outcome][] = [];
  let offered = 0;
  const offer = (
    topic: string,
    payload: string,
    packet?: { session: string; packetId: number; again: boolean },
    retained?: boolean,
  ) => {
    const n = offered++;
    return intake.offer({
      source: "test",
      topic,
      payload: new TextEncoder().encode(payload),
      packet,
      retained,
      done: (outcome) => outcomes.push([n, outcome]),
    });
  };
  return { clock, groups, letters, published, intake, registry, rejects, offer, outcomes, settled };
}

Deno.test("intake acknowledges nothing before commit, then everything in order of arrival", async () => {
  const t = await setup();
  t.offer("a/b", "1");
  t.offer("a/b", "bad");
  t.offer("a/c", "2");
  await t.clock.advance(10);
  assert.equal(t.groups.length, 1);
  assert.deepEqual(t.outcomes, []);
  await t.groups[0].commit();
  assert.deepEqual(t.outcomes, [[0, "stored"], [1, "rejected"], [2, "stored"]]);
  const names = Array.from(t.published[0].sensor, (num) => t.registry.byNum(num)?.name);
  assert.deepEqual(names, ["a/b", "a/c"]);
  assert.deepEqual(t.rejects.counts().map((c) => [c.source, c.code, c.count]), [
    ["test", "bad_payload", 1],
  ]);
});

Deno.test("intake groups what arrives within the commit interval", async () => {
  const t = await setup();
  t.offer("a/b", "1");
  await t.clock.advance(5);
  await t.groups[0].commit();
  t.offer("a/b", "2");
  await t.clock.advance(20);
  t.offer("a/b", "3");
  assert.equal(t.groups.length, 1);
  await t.clock.advance(30);
  assert.equal(t.groups.length, 2);
  assert.deepEqual([...t.groups[1].group.value], [2, 3]);
});

Deno.test("intake commits at once when a source's window is full", async () => {
  const t = await setup();
  t.offer("a/b", "1");
  await t.clock.advance(5);
  await t.groups[0].commit();
  t.offer("a/b", "2");
  t.intake.commitSoon();
  await t.settled();
  assert.equal(t.groups.length, 2);
});

Deno.test("intake marks the new sensor in the transaction of its first reading, again after a failure", async () => {
  const t = await setup();
  t.offer("plant/press/temperature", "1");
  await t.clock.advance(5);
  assert.match(t.groups[0].extra.map(({ sql }) => sql).join(), /insert into "sensors"/);
  assert.equal(t.registry.all().length, 0);
  await t.groups[0].fail();
  assert.deepEqual(t.outcomes, [[0, "failed"]]);
  t.offer("plant/press/temperature", "1");
  await t.clock.advance(60);
  assert.match(t.groups[1].extra.map(({ sql }) => sql).join(), /insert into "sensors"/);
  await t.groups[1].commit();
  assert.equal(t.registry.all()[0].unit, "°C");
});

Deno.test("intake knows a redelivered message without time by session, packet id and content", async () => {
  const t = await setup();
  const packet = { session: "s", packetId: 7, again: false };
  t.offer("a/b", "1", packet);
  await t.clock.advance(60);
  await t.groups[0].commit();
  t.offer("a/b", "1", { ...packet, again: true });
  t.offer("a/b", "2", { ...packet, again: true });
  await t.clock.advance(60);
  assert.deepEqual([...t.groups[1].group.value], [2]);
  await t.groups[1].commit();
  assert.deepEqual(t.outcomes.map(([, outcome]) => outcome), ["stored", "stored", "stored"]);
  assert.equal(t.intake.stats().duplicate, 1);
});

Deno.test("intake takes a redelivery as new when the first delivery could not be stored", async () => {
  const t = await setup();
  const packet = { session: "s", packetId: 7, again: false };
  t.offer("a/b", "1", packet);
  await t.clock.advance(60);
  await t.groups[0].fail();
  t.offer("a/b", "1", { ...packet, again: true });
  await t.clock.advance(60);
  assert.deepEqual([...t.groups[1].group.value], [1]);
});

Deno.test("intake refuses when the open group is full and announces when there is room", async () => {
  const t = await setup();
  t.offer("a/b", "0");
  await t.clock.advance(5);
  let taken = 0;
  while (taken < 1e6 && t.offer("a/b", String(taken))) taken++;
  assert.equal(taken, 20_000);
  await assert.rejects(
    t.intake.offerBatch({ source: "http", topic: "/x", drafts: [], rejects: [] }),
    { code: "busy" },
  );
  let room = 0;
  t.intake.onRoom(() => room++);
  await t.groups[0].commit();
  assert.equal(room, 1);
  assert.equal(t.offer("a/b", "1"), true);
});

Deno.test("intake answers a batch with what was stored, duplicate and rejected by index", async () => {
  const t = await setup();
  const drafts: Draft[] = [
    { sensor: "a/b", value: 1, tMs: Date.UTC(2026, 0, 1) },
    { sensor: "a/b", value: NaN },
    { sensor: "a/b", value: 3, tMs: 1e15 },
    { sensor: "a/b", value: 4 },
    { sensor: "b", value: 4 },
  ];
  const answer = t.intake.offerBatch({ source: "http", topic: "/x", drafts, rejects: [] });
  await t.clock.advance(60);
  await t.groups[0].commit(Uint8Array.of(1, 0, 0));
  const { accepted, duplicate, rejected } = await answer;
  assert.deepEqual({ accepted, duplicate }, { accepted: 2, duplicate: 1 });
  assert.deepEqual(rejected.map((r) => [r.index, r.code]), [[1, "bad_value"], [4, "bad_name"]]);
  assert.equal(t.published[0].n, 2);
});

Deno.test("intake answers a repeated idempotency key once and refuses it for other content", async () => {
  const t = await setup();
  const batch = (requestHash: string) =>
    t.intake.offerBatch({
      source: "http",
      topic: "/x",
      drafts: [{ sensor: "a/b", value: 1 }],
      rejects: [],
      idempotency: { scope: "k", key: "one", requestHash },
    });
  const first = batch("h");
  const second = batch("h");
  await assert.rejects(batch("other"), { code: "conflict" });
  await t.settled();
  await t.clock.advance(60);
  await t.groups[0].commit();
  assert.deepEqual(await first, await second);
  assert.equal(t.groups.length, 1);
  assert.ok(t.groups[0].extra.some((s) => s.sql.includes("idempotency")));
});

Deno.test("intake close stores what was taken and refuses the rest", async () => {
  const t = await setup();
  t.offer("a/b", "1");
  const closing = t.intake.close();
  await t.settled();
  assert.equal(t.offer("a/b", "2"), false);
  await t.groups[0].commit();
  await closing;
  assert.deepEqual(t.outcomes, [[0, "stored"]]);
});

Deno.test("intake acknowledges nothing that it knows from a commit which then fails", async () => {
  const t = await setup();
  t.offer("a/b", "0");
  await t.clock.advance(50);
  await t.groups[0].commit();
  const packet = { session: "s", packetId: 7, again: false };
  t.offer("a/b", "1", packet);
  await t.clock.advance(50);
  // The connection broke meanwhile: it comes again while the first is being written.
  t.offer("a/b", "1", { ...packet, again: true });
  await t.clock.advance(50);
  await t.groups[1].fail();
  await t.clock.advance(1_000);
  assert.deepEqual(t.outcomes, [[0, "stored"], [1, "failed"], [2, "failed"]]);
});

Deno.test("intake decides on a retained message once the commit with the same value is decided", async () => {
  for (const ends of ["fail", "commit"] as const) {
    const t = await setup();
    t.offer("a/b", "0");
    await t.clock.advance(50);
    await t.groups[0].commit();
    t.offer("a/b", "5");
    await t.clock.advance(50);
    let calls = 0;
    t.intake.onRoom(() => calls++);
    assert.equal(t.offer("a/b", "5", undefined, true), false, "5 may still be lost");
    await t.groups[1][ends]();
    assert.equal(calls, 1, "its source is asked to offer it again");
    assert.equal(t.offer("a/b", "5", undefined, true), true);
    await t.clock.advance(1_000);
    const [, , { group, extra }] = t.groups;
    assert.deepEqual([group.n, extra.length], [ends === "fail" ? 1 : 0, 1], ends);
  }
});

Deno.test("intake recognises a reading of an unset clock when it is delivered again", async () => {
  const t = await setup();
  const packet = { session: "s", packetId: 7 };
  t.offer("a/b", "unset", { ...packet, again: false });
  await t.clock.advance(10);
  const { group } = t.groups[0];
  assert.equal(group.flags[0], FLAG_ARRIVAL_TIME | FLAG_DEVICE_TIME_REFUSED);
  assert.equal(group.packets.length, 1);
  await t.groups[0].commit();
  t.offer("a/b", "unset", { ...packet, again: true });
  await t.clock.advance(100);
  assert.equal(t.intake.stats().duplicate, 1);
});

Deno.test("intake keeps what a device says of the past at its time, and never as the present value", async () => {
  const t = await setup();
  const tMs = t.clock.now();
  const say = (value: number, at: number, past: boolean) =>
    t.intake.offer({
      ...{ source: "test", topic: "a/b", payload: new Uint8Array(), done: () => {} },
      decoded: { drafts: [{ sensor: "a/b", value, tMs: at, past }], rejects: [] },
    });
  say(1, tMs - 5_000, false);
  // Of last year: a device that sends by itself would not be believed.
  say(2, Date.UTC(new Date(tMs).getUTCFullYear() - 1, 0, 1), true);
  say(3, tMs, true);
  await t.clock.advance(10);
  const { group } = t.groups[0];
  assert.deepEqual([...group.flags.slice(0, 3)], [0, FLAG_PAST, FLAG_PAST]);
  await t.groups[0].commit();
  assert.equal(t.registry.find("a/b")!.last!.value, 1);
});

Deno.test("intake writes one dead letter for a message, however much of it is refused", async () => {
  const t = await setup();
  t.offer("a/b", "many 9990");
  t.offer("a/b", "bad");
  await t.clock.advance(60);
  await t.groups[0].commit();
  assert.deepEqual(t.letters.map(({ code, count, reasons }) => [code, count, reasons?.length]), [
    ["bad_value", 9990, 5],
    ["bad_payload", undefined, undefined],
  ]);
  const { messages, rejected, partly } = t.intake.stats();
  assert.deepEqual({ messages, rejected, partly }, { messages: 1, rejected: 1, partly: 1 });
  assert.deepEqual(t.rejects.counts().map((c) => [c.code, c.count]), [["bad_payload", 1]]);
});

Deno.test("intake answers a batch of many faults with the first ones, their index and exact counts", async () => {
  const t = await setup();
  const N = 10_000;
  const batch: Decoded = { drafts: [], rejects: [] };
  const drafts: Draft[] = [];
  for (let index = 0; index < N; index++) {
    // Of ten items seven cannot be read, one has a value that cannot be stored, two are good.
    if (index % 10 < 7) addReject(batch, { code: "bad_payload", message: "no", index });
    else drafts.push({ sensor: "a/b", value: index % 10 === 7 ? NaN : index, index });
  }
  const positions: number[] = [];
  const answer = t.intake.offerBatch({
    source: "http",
    topic: "/x",
    ...batch,
    drafts,
    original(at) {
      positions.push(...at);
      return { payload: new Uint8Array(7) };
    },
  });
  await t.clock.advance(60);
  await t.groups[0].commit(Uint8Array.from({ length: 2_000 }, (_, i) => i % 2));
  const { accepted, duplicate, rejected, more, refusedItems } = await answer;
  assert.deepEqual([accepted, duplicate, rejected.length, more], [1_000, 1_000, 100, 7_900]);
  assert.equal(refusedItems, 8_000);
  assert.deepEqual(rejected.slice(0, 9).map((r) => r.index), [0, 1, 2, 3, 4, 5, 6, 7, 10]);
  assert.equal(positions.length, 8_000);
  assert.deepEqual(positions.slice(0, 9), [0, 1, 2, 3, 4, 5, 6, 7, 10]);
  assert.deepEqual(t.letters.map(({ count, payload }) => [count, payload.length]), [[8_000, 7]]);
  assert.deepEqual([t.intake.stats().messages, t.intake.stats().rejected], [2_000, 8_000]);
});
