import assert from "node:assert/strict";
import { directoryOf, groupOf } from "../../tests/support/directory.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { EventReader, type ServerEvent } from "../../tests/support/sse.ts";
import { PerchError } from "../base/errors.ts";
import { createStreamHub, EVERYTHING, type OpenStream } from "./stream.ts";
import { type StreamLimits } from "./stream_limits.ts";

const sensors = directoryOf([
  { name: "a/m1/temp" },
  { name: "a/m2/mode", kind: "text", states: ["idle", "running"] },
]);

function setup(limits: Partial<StreamLimits> = {}) {
  const clock = fakeClock();
  const hub = createStreamHub({ clock, sensors, limits, boot: "b" });
  const open = (options: Partial<OpenStream> = {}) =>
    hub.open({
      filter: EVERYTHING,
      address: "192.0.2.1",
      lastEventId: null,
      ...options,
    });
  const read = (options: Partial<OpenStream> = {}) => new EventReader(open(options));
  let value = 0;
  const publish = () =>
    hub.publishReadings(groupOf(sensors, [{ sensor: "a/m1/temp", tMs: 1, value: ++value }]));
  return { clock, hub, open, read, publish };
}

Deno.test("stream says hello first, then one event per commit group", async () => {
  const { hub, read } = setup();
  const reader = read();
  hub.publishReadings(groupOf(sensors, [
    { sensor: "a/m1/temp", tMs: 1700000000000, value: 20.5 },
    { sensor: "a/m2/mode", tMs: 1700000000001, value: 1 },
  ]));
  const hello = (await reader.next())!;
  assert.equal(hello.type, "hello");
  assert.equal(JSON.parse(hello.data).resumed, false);
  assert.deepEqual(await reader.next(), {
    id: "b-1",
    type: "reading",
    data: '{"readings":[{"sensor":"a/m1/temp","ts":1700000000000,"value":20.5},' +
      '{"sensor":"a/m2/mode","ts":1700000000001,"value":"running"}]}',
  });
});

Deno.test("stream gives the same bytes to all clients without a filter", async () => {
  const { open, publish } = setup();
  const readers = [open().getReader(), open().getReader()];
  for (const reader of readers) await reader.read();
  publish();
  const chunks = await Promise.all(readers.map((reader) => reader.read()));
  assert.ok(chunks[0].value instanceof Uint8Array);
  assert.equal(chunks[0].value, chunks[1].value);
});

Deno.test("stream filters by type and by reading", async () => {
  const { hub, read, publish } = setup();
  const match = (_num: number, name: string) => name.startsWith("a/m2/");
  const mode = read({ filter: { key: "m2", types: null, match } });
  const status = read({ filter: { key: "s", types: new Set(["status"]), match: null } });
  await mode.next();
  await status.next();
  publish();
  hub.publishReadings(groupOf(sensors, [{ sensor: "a/m2/mode", tMs: 2, value: 0 }]));
  hub.publish("status", { ok: true });
  assert.equal(
    (await mode.next())!.data,
    '{"readings":[{"sensor":"a/m2/mode","ts":2,"value":"idle"}]}',
  );
  assert.deepEqual(await status.next(), { id: "b-3", type: "status", data: '{"ok":true}' });
});

Deno.test("stream replays what Last-Event-ID missed, and nothing else", async () => {
  const { read, publish } = setup();
  for (let i = 0; i < 5; i++) publish();
  const reader = read({ lastEventId: "b-3" });
  assert.deepEqual(JSON.parse((await reader.next())!.data).resumed, true);
  assert.equal((await reader.next())!.id, "b-4");
  assert.equal((await reader.next())!.id, "b-5");
  publish();
  assert.equal((await reader.next())!.id, "b-6");
});

Deno.test("stream opened with an earlier place begins right after it", async () => {
  const { hub, read, publish } = setup();
  const start = hub.place();
  publish();
  const place = hub.place();
  publish();
  for (const [lastEventId, id] of [[start, "b-1"], [place, "b-2"]]) {
    const reader = read({ lastEventId });
    await reader.next();
    assert.equal((await reader.next())!.id, id);
  }
});

Deno.test("stream resets when the asked id is gone, of another run, or not an id", async () => {
  const { read, publish } = setup({ ringEvents: 3 });
  for (let i = 0; i < 5; i++) publish();
  for (const lastEventId of ["b-1", "other-4", "b-99", "nonsense", ""]) {
    const reader = read({ lastEventId });
    assert.equal((await reader.next())!.type, "hello");
    const reset = (await reader.next())!;
    assert.deepEqual([reset.type, reset.id], ["reset", "b-5"], lastEventId);
  }
  const inside = read({ lastEventId: "b-2" });
  await inside.next();
  assert.equal((await inside.next())!.id, "b-3");
});

Deno.test("stream bounds the ring by bytes", async () => {
  const { hub, read } = setup({ ringBytes: 1000 });
  for (let i = 0; i < 50; i++) hub.publish("event", { text: "x".repeat(100) });
  assert.ok(hub.stats().ringBytes <= 1000);
  const reader = read({ lastEventId: "b-1" });
  await reader.next();
  assert.equal((await reader.next())!.type, "reset");
});

Deno.test("stream holds a bounded queue for a slow reader and serves it from the ring", async () => {
  const { clock, hub, read } = setup({ clientBytes: 2000 });
  const reader = read();
  await reader.next();
  for (let i = 0; i < 100; i++) hub.publish("event", { i, text: "x".repeat(100) });
  for (let i = 0; i < 100; i++) {
    const [event] = await Promise.all([reader.next(), clock.advance(25)]) as [ServerEvent, void];
    assert.equal(JSON.parse(event.data).i, i);
  }
});

Deno.test("stream drops a reader that reads nothing for stallMs", async () => {
  const { clock, hub, open } = setup({ clientBytes: 200, stallMs: 10_000 });
  hub.start();
  const stuck = open();
  const fine = new EventReader(open());
  hub.publish("event", { text: "x".repeat(300) });
  await fine.next();
  await fine.next();
  await clock.advance(9_000);
  assert.equal(hub.stats().clients, 2);
  await clock.advance(2_000);
  assert.deepEqual([hub.stats().clients, hub.stats().stalled], [1, 1]);
  await assert.rejects(stuck.getReader().read(), /stalled/);
  hub.stop();
});

Deno.test("stream forgets a reader that leaves in the moment that an event is handed to it", async () => {
  const { clock, hub, open, publish } = setup();
  hub.start();
  const leaving = { now: false };
  const plain = globalThis.ReadableStream;
  // As the HTTP server does, which notices within `enqueue` that the connection is lost.
  globalThis.ReadableStream = class<R> extends plain<R> {
    constructor(source: UnderlyingDefaultSource<R>, strategy: QueuingStrategy<R>) {
      const start = (controller: ReadableStreamDefaultController<R>) => {
        const { enqueue } = controller;
        controller.enqueue = (chunk) => {
          enqueue.call(controller, chunk);
          if (!leaving.now) return;
          source.cancel!();
          controller.error(new Error("closed"));
        };
        source.start!(controller);
      };
      super({ ...source, start }, strategy);
    }
  } as typeof plain;
  try {
    open();
    leaving.now = true;
    publish();
    // And one that is lost before it was greeted.
    open();
  } finally {
    globalThis.ReadableStream = plain;
  }
  await clock.advance(60_000);
  const { clients, stalled } = hub.stats();
  assert.deepEqual({ clients, stalled }, { clients: 0, stalled: 0 });
  hub.stop();
});

Deno.test("stream sends a comment at least every 15 s that moves the place on", async () => {
  const { clock, hub, read, publish } = setup();
  hub.start();
  const reader = read({ filter: { key: "s", types: new Set(["status"]), match: null } });
  await reader.next();
  publish();
  await clock.advance(15_000);
  hub.publish("status", {});
  await reader.next();
  assert.ok(reader.comments >= 1);
  assert.equal(reader.lastId, "b-2");
  hub.stop();
});

Deno.test("stream refuses more clients than allowed, in all and per address", () => {
  const { hub, open } = setup({ clients: 3, perAddress: 2 });
  const isLimited = (error: unknown) =>
    error instanceof PerchError && error.code === "rate_limited" && error.retryAfterS! > 0;
  const first = open();
  open();
  assert.throws(() => open(), isLimited);
  open({ address: "192.0.2.2" });
  assert.throws(() => open({ address: "192.0.2.3" }), isLimited);
  first.cancel();
  open();
  assert.equal(hub.stats().refused, 2);
});

Deno.test("stream counts loopback towards the limit of all only", () => {
  const { open } = setup({ clients: 5, perAddress: 1 });
  for (let i = 0; i < 5; i++) open({ address: "127.0.0.1" });
});

Deno.test("stop ends every stream, and onEnded the one of its asker", async () => {
  const { hub, read } = setup();
  let endOne = () => {};
  let watched = 0;
  const onEnded = (end: () => void) => {
    watched++;
    endOne = end;
    return () => void watched--;
  };
  const one = read({ onEnded });
  const two = read();
  await one.next();
  await two.next();
  endOne();
  assert.equal(await one.next(), null);
  assert.deepEqual([hub.stats().clients, watched], [1, 0]);
  hub.stop();
  assert.equal(await two.next(), null);
  assert.throws(() => read(), /stopping/);
});

Deno.test("stream says whether somebody hears a type, and gives places to others until all are taken", async () => {
  const { hub, open } = setup({ clients: 2 });
  assert.equal(hub.hears("camera"), false);
  const alarms = open({ filter: { key: "a", types: new Set(["alarm"]), match: null } });
  assert.equal(hub.hears("camera"), false);
  await alarms.cancel();
  const all = open();
  assert.equal(hub.hears("camera"), true);
  const leave = hub.seat("192.0.2.1");
  assert.throws(() => hub.seat("192.0.2.1"), /Too many live streams/);
  leave();
  leave();
  assert.equal(hub.stats().clients, 1);
  await all.cancel();
});
