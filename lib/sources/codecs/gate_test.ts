import assert from "node:assert/strict";
import {
  type FakeCodec,
  type GateUnderTest,
  numbers,
  scriptFault,
  startGate,
} from "../../../tests/support/codec_gate.ts";
import { eventually, textOf } from "../../../tests/support/recording_intake.ts";
import type { Outcome, RawMessage } from "../../intake/intake.ts";

/** Offers messages as one session does, and notes in which order they are done with. */
function session(t: GateUnderTest, name = "s") {
  let packetId = 0;
  const done: string[] = [];
  const send = (topic: string, payload: string, again = false, id = ++packetId) => {
    return t.gate.offer({
      ...{ source: "test", topic, payload: new TextEncoder().encode(payload) },
      packet: { session: name, packetId: id, again },
      done: (outcome: Outcome) => void done.push(`${payload} ${outcome}`),
    });
  };
  const isDone = (n: number) => eventually(() => done.length >= n, () => `done: ${done}`);
  return { done, send, isDone };
}

const view = (t: GateUnderTest) => t.gate.views()[0];
const valuesOf = (messages: readonly RawMessage[]) =>
  messages.map((one) =>
    one.decoded?.drafts.map(({ sensor, value }) => `${sensor}=${value}`).join() ||
    one.decoded?.rejects[0].message || `raw ${textOf(one)}`
  );
const drained = (t: GateUnderTest) =>
  eventually(() => view(t).waiting === 0, () => `${view(t).waiting} wait`);

Deno.test("gate without codecs hands messages to the intake as they are", async () => {
  await using t = await startGate({});
  const message: RawMessage = {
    ...{ source: "test", topic: "a/b", payload: new Uint8Array() },
    packet: { session: "s", packetId: 1, again: false },
    done() {},
  };
  t.gate.offer(message);
  assert.equal(t.intake.taken[0], message);
});

Deno.test("gate decodes what came in a turn together; values are below the topic's path", async () => {
  await using t = await startGate({ one: numbers() });
  const s = session(t);
  for (const text of ["1", "2", "3"]) assert.ok(s.send("codec/m1", text));
  await t.intake.until(3);
  assert.deepEqual(t.calls, [3]);
  assert.deepEqual(valuesOf(t.intake.taken), ["m1/v=1", "m1/v=2", "m1/v=3"]);
  assert.deepEqual(s.done, [], "nothing is acknowledged before the intake decides");
  t.intake.settle();
  assert.deepEqual(s.done, ["1 stored", "2 stored", "3 stored"]);
  assert.deepEqual(t.gate.topics(), ["codec/+"]);
  assert.equal(t.samples.length, 3);
});

Deno.test("gate acknowledges in the order of arrival, session by session", async () => {
  await using t = await startGate({ one: numbers() });
  t.hold(true);
  const [s, other] = [session(t), session(t, "other")];
  s.send("codec/m1", "1");
  s.send("factory/a/b", "2");
  other.send("factory/a/b", "3");
  t.intake.settle();
  assert.deepEqual([s.done, other.done], [[], ["3 stored"]], "2 waits for 1");
  t.gate.commitSoon();
  t.hold(false);
  await t.intake.until(3);
  await eventually(() => t.intake.commitsAsked === 2, () => "commitSoon is repeated");
  t.intake.settle();
  assert.deepEqual(s.done, ["1 stored", "2 stored"]);
  s.send("factory/a/b", "4");
  t.intake.settle();
  assert.deepEqual(s.done.at(-1), "4 stored");
});

Deno.test("gate takes a message that failed as refused once another has worked", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  const s = session(t);
  s.send("codec/m1", "1");
  s.send("codec/m1", "bad");
  s.send("codec/m1", "2");
  await s.isDone(3);
  assert.deepEqual(valuesOf(t.intake.taken), [
    "m1/v=1",
    "the codec: bad is no number (line 2)",
    "m1/v=2",
  ]);
  // The last of a batch waits on disk, acknowledged.
  s.send("codec/m1", "worse");
  await s.isDone(4);
  assert.equal(view(t).waiting, 1);
  assert.equal(t.intake.taken.length, 3);
  s.send("codec/m1", "3");
  await s.isDone(5);
  assert.deepEqual(valuesOf(t.intake.taken).slice(3), [
    "the codec: worse is no number (line 2)",
    "m1/v=3",
  ]);
  await drained(t);
  assert.deepEqual([view(t).messages, view(t).errors, view(t).pause], [5, 2, null]);
});

Deno.test("gate pauses a codec after five in a row; all wait on disk and come in order once it works", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  const s = session(t);
  for (let i = 0; i < 6; i++) s.send("codec/m1", `x${i}`);
  await s.isDone(6);
  assert.match(view(t).pause!.by, /5 messages in a row failed/);
  for (let i = 0; i < 20; i++) s.send("codec/m1", String(i));
  s.send("factory/a/b", "other");
  await s.isDone(27);
  assert.deepEqual(valuesOf(t.intake.taken), ["raw other"]);
  assert.equal(view(t).waiting, 26);
  const lenient: FakeCodec = {
    topics: ["codec/+"],
    decode: (text) => ({ ok: [{ sensor: "v", value: Number(text.replace("x", "-")) }] }),
  };
  await t.put("one", lenient);
  await drained(t);
  s.send("codec/m1", "99");
  await s.isDone(28);
  const values = [
    ...Array.from({ length: 6 }, (_, i) => -i),
    ...Array.from({ length: 20 }, (_, i) => i),
    99,
  ];
  assert.deepEqual(valuesOf(t.intake.taken).slice(1), values.map((n) => `m1/v=${n}`));
  assert.equal(view(t).pause, null);
  const { packet, first } = t.intake.taken[1];
  assert.deepEqual(packet, { session: "spool:one", packetId: 2, again: true });
  assert.deepEqual(first, { session: "s", packetId: 1, again: false });
});

Deno.test("gate keeps pause, filters and messages over a restart; one cannot be loaded meanwhile", async () => {
  const broken: FakeCodec = { fault: scriptFault("syntax", "Unexpected token") };
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  await t.put("one", broken);
  const s = session(t);
  s.send("codec/m1", "1");
  await s.isDone(1);
  assert.equal(view(t).broken?.message, "Unexpected token");

  await using broken2 = await t.again({ one: broken });
  session(broken2).send("codec/m1", "2");
  await eventually(() => view(broken2).waiting === 2, () => "its topics are its own still");
  await using mended = await broken2.again({ one: numbers() });
  await drained(mended);
  assert.deepEqual(valuesOf(mended.intake.taken), ["m1/v=1", "m1/v=2"]);
});

Deno.test("gate goes on with a codec that could not be loaded and now can be, though its text is the same", async () => {
  const fault = scriptFault("time", "the host was too slow");
  const codec = { ...numbers(), hash: "same" };
  await using t = await startGate({ one: codec }, { atOnce: "stored" });
  await using failing = await t.again({ one: { ...codec, fault } });
  const s = session(failing);
  s.send("codec/m1", "1");
  await s.isDone(1);
  assert.equal(view(failing).pause?.by, "it cannot be loaded");
  await using loaded = await failing.again({ one: codec });
  await drained(loaded);
  assert.deepEqual(valuesOf(loaded.intake.taken), ["m1/v=1"]);
});

Deno.test("gate lets a person pause and resume a codec", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  const s = session(t);
  await t.gate.pause("one", "Anna");
  s.send("codec/m1", "1");
  await s.isDone(1);
  assert.deepEqual([view(t).waiting, view(t).pause?.by], [1, "Anna"]);
  await t.put("one", numbers("w"));
  assert.equal(view(t).waiting, 1, "another text does not end a person's pause");
  await t.gate.resume("one", "Anna");
  await drained(t);
  assert.deepEqual(valuesOf(t.intake.taken), ["m1/w=1"]);
});

Deno.test("gate keeps the topics of a codec that may not run for now", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  await t.put("one", { held: "it waits for somebody to approve it" });
  const s = session(t);
  s.send("codec/m1", "1");
  await s.isDone(1);
  assert.deepEqual([view(t).waiting, view(t).pause?.by], [
    1,
    "it waits for somebody to approve it",
  ]);
  await t.put("one", numbers());
  await drained(t);
  assert.deepEqual(valuesOf(t.intake.taken), ["m1/v=1"]);
});

Deno.test("gate refuses what a full spool cannot take, and says so when there is room", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  const s = session(t);
  await t.gate.pause("one", "Anna");
  t.limits.messages = 2;
  assert.deepEqual([1, 2, 3].map((n) => s.send("codec/m1", String(n))), [true, true, false]);
  assert.match(view(t).full!, /2 messages wait/);
  assert.ok(s.send("factory/a/b", "other"), "other topics go on");
  let room = 0;
  t.gate.onRoom(() => room++);
  await t.gate.resume("one", "Anna");
  await eventually(() => room > 0, () => "no room");
  assert.ok(s.send("codec/m1", "3"));
  await s.isDone(4);
});

Deno.test("gate recognises what was spooled and comes again", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  const s = session(t);
  await t.gate.pause("one", "Anna");
  s.send("codec/m1", "1");
  s.send("codec/m1", "1", true, 1);
  s.send("codec/m1", "2");
  await s.isDone(3);
  assert.equal(view(t).waiting, 2);

  await using next = await t.again();
  session(next).send("codec/m1", "2", true, 2);
  assert.equal(view(next).waiting, 2);
});

Deno.test("gate offers again from the spool what could not be stored", async () => {
  await using t = await startGate({ one: numbers() });
  const s = session(t);
  await t.gate.pause("one", "Anna");
  for (const text of ["1", "2", "3"]) s.send("codec/m1", text);
  await s.isDone(3);
  await t.gate.resume("one", "Anna");
  await t.intake.until(3);
  t.intake.settle(1);
  t.intake.settle(1, "failed");
  t.intake.settle(1);
  assert.equal(view(t).waiting, 2);
  t.intake.atOnce = "stored";
  await t.intake.until(5);
  await drained(t);
  assert.deepEqual(valuesOf(t.intake.taken).slice(3), ["m1/v=2", "m1/v=3"]);
});

Deno.test("gate gives what waits to the intake as it came when a codec goes", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  t.hold(true);
  const s = session(t);
  s.send("codec/m1", "1");
  await eventually(() => t.calls.length === 1, () => "no call");
  s.send("codec/m1", "2");
  const gone = t.put("one", null);
  t.hold(false);
  await gone;
  s.send("codec/m1", "3");
  await s.isDone(3);
  assert.deepEqual(valuesOf(t.intake.taken), ["m1/v=1", "raw 2", "raw 3"]);
  assert.deepEqual(t.gate.views(), []);
});

Deno.test("gate acknowledges from the disk what a slow codec keeps waiting, and keeps the order", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  t.hold(true);
  const s = session(t);
  s.send("codec/m1", "0");
  await eventually(() => t.calls.length === 1, () => "no call");
  for (let i = 1; i <= 2_500; i++) assert.ok(s.send("codec/m1", String(i)));
  await eventually(() => view(t).waiting === 2_500, () => `${view(t).waiting} wait`);
  assert.deepEqual(s.done, [], "behind the one that is in the codec");
  t.hold(false);
  await s.isDone(2_501);
  await drained(t);
  const values = Array.from({ length: 2_501 }, (_, i) => `m1/v=${i}`);
  assert.deepEqual(valuesOf(t.intake.taken), values);
});

Deno.test("gate refuses more while the intake takes nothing, and goes on with it", async () => {
  await using t = await startGate({ one: numbers() }, { atOnce: "stored" });
  t.intake.setFull(true);
  const s = session(t);
  s.send("codec/m1", "0");
  await eventually(() => t.intake.refused > 0, () => "it was not offered");
  let sent = 1;
  while (s.send("codec/m1", String(sent))) sent++;
  assert.ok(sent >= 2_000 && sent < 2_600, `${sent} were taken`);
  assert.equal(view(t).waiting, 0);
  let room = 0;
  t.gate.onRoom(() => room++);
  t.intake.setFull(false);
  await s.isDone(sent);
  assert.ok(room > 0);
  assert.deepEqual(s.done, s.done.map((_, i) => `${i} stored`));
});

Deno.test("gate notes large messages until they are decided on, and gives no codec one that ended the process", async () => {
  const noted = { id: "1", ends: 0, inFlight: 0 };
  let answer: "read" | "wait" | "aside" = "read";
  const poison = {
    begin() {
      if (answer === "wait") return { do: answer } as const;
      if (answer === "aside") return { do: answer, id: "1" } as const;
      noted.inFlight++;
      return { do: answer, noted } as const;
    },
    end: () => void noted.inFlight--,
  };
  await using t = await startGate({ one: numbers() }, { poison });
  const s = session(t);
  s.send("codec/m1", "1");
  await t.intake.until(1);
  assert.equal(noted.inFlight, 1);
  t.intake.settle();
  assert.equal(noted.inFlight, 0);
  answer = "wait";
  let room = 0;
  t.gate.onRoom(() => room++);
  assert.equal(s.send("codec/m1", "2"), false);
  await eventually(() => room > 0, () => "it is not asked for again");
  answer = "aside";
  s.send("codec/m1", "3");
  assert.deepEqual(valuesOf(t.intake.taken), ["m1/v=1", "raw 3"]);
  // The same from the spool, where nothing is noted.
  t.intake.settle();
  t.intake.atOnce = "stored";
  await t.gate.pause("one", "Anna");
  s.send("codec/m1", "4");
  await s.isDone(3);
  await t.gate.resume("one", "Anna");
  await drained(t);
  assert.deepEqual(valuesOf(t.intake.taken).at(-1), "raw 4");
});

Deno.test("gate hands a message of many values on in parts, of which each is known when it comes again", async () => {
  const many: FakeCodec = {
    topics: ["codec/+"],
    decode: () => ({
      ok: Array.from({ length: 1_200 }, (_, i) => ({ sensor: `v${i}`, value: i })),
    }),
  };
  await using t = await startGate({ one: many });
  const s = session(t);
  s.send("codec/m1", "x");
  for (let n = 1; n <= 3; n++) {
    await t.intake.until(n);
    assert.equal(t.intake.open.length, 1, "one after the other");
    assert.deepEqual(s.done, []);
    t.intake.settle();
  }
  assert.deepEqual(s.done, ["x stored"]);
  const { taken } = t.intake;
  assert.deepEqual(taken.map((one) => one.decoded!.drafts.length), [500, 500, 200]);
  assert.deepEqual(taken.map((one) => one.packet!.session), ["s#0", "s#500", "s"]);
});
