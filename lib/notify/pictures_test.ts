import assert from "node:assert/strict";
import { alarmEvent } from "../../tests/support/events.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { messageOf } from "./message_of.ts";
import { type CameraPicture, withPictures } from "./pictures.ts";

const jpeg = new Uint8Array(3);
const found: CameraPicture = { camera: "Press 3, left", tMs: Date.UTC(2026, 0, 5, 12, 0, 3), jpeg };
const compose = { zone: "UTC", publicUrl: null };
const signal = new AbortController().signal;
const firing = messageOf(alarmEvent(), compose);

Deno.test("pictures: those of the alarm go along, with what they show", async () => {
  const asked: string[] = [];
  const message = await withPictures(
    {
      clock: fakeClock(),
      zone: () => "UTC",
      picturesOf: ({ id }) => (asked.push(id), Promise.resolve([found])),
    },
    firing,
    signal,
  );
  assert.equal(asked.length, 1);
  assert.deepEqual(message.pictures, [{
    file: "Press-3-left-20260105-120003.jpg",
    text: "Press 3, left, 2026-01-05 12:00:03",
    jpeg,
  }]);
});

Deno.test("pictures: a message waits 3 s for them, and never fails because of one", async () => {
  const clock = fakeClock();
  const never = withPictures(
    { clock, zone: () => "UTC", picturesOf: () => new Promise(() => {}) },
    firing,
    signal,
  );
  await clock.advance(2_900);
  assert.equal(clock.sleepers(), 1, "it waits");
  await clock.advance(200);
  assert.equal(await never, firing);
  const broken = {
    clock,
    zone: () => "UTC",
    picturesOf: () => Promise.reject(new Error("no disk")),
  };
  assert.equal(await withPictures(broken, firing, signal), firing);
  const none = { clock, zone: () => "UTC", picturesOf: () => Promise.resolve([]) };
  assert.equal(await withPictures(none, firing, signal), firing);
  assert.equal(clock.sleepers(), 0, "nothing is left behind");
});

Deno.test("pictures: only a message of an alarm that stands asks for them", async () => {
  const picturesOf = () => Promise.reject(new Error("asked"));
  for (const change of [{ type: "alarm.resolved" }, { type: "ticket.created" }] as const) {
    const message = messageOf(alarmEvent(change), compose);
    const deps = { clock: fakeClock(), zone: () => "UTC", picturesOf };
    assert.equal(await withPictures(deps, message, signal), message);
  }
});
