import assert from "node:assert/strict";
import fc from "fast-check";
import { judgeRoom, roomLimits } from "./room.ts";

const MB = 1_000_000;
const limits = { reserveBytes: 8 * MB, floorBytes: 16 * MB };
const room = (freeMb: number) => ({ freeBytes: freeMb * MB, totalBytes: 1_000 * MB });

Deno.test("roomLimits takes no more than a sixteenth of a small disk for each", () => {
  assert.deepEqual(roomLimits({ reserveMb: 8, floorMb: 16 }, 64_000 * MB), limits);
  assert.deepEqual(roomLimits({ reserveMb: 8, floorMb: 16 }, 32 * MB), {
    reserveBytes: 2 * MB,
    floorBytes: 2 * MB,
  });
});

Deno.test("judgeRoom refuses readings below the floor while the reserve is still held", () => {
  const taking = { held: true, refusing: false };
  assert.deepEqual(judgeRoom(taking, room(17), limits), { refuse: false, reserve: "keep" });
  assert.deepEqual(judgeRoom(taking, room(15), limits), { refuse: true, reserve: "keep" });
  const refusing = { held: true, refusing: true };
  assert.deepEqual(judgeRoom(refusing, room(17), limits), { refuse: true, reserve: "keep" });
  assert.deepEqual(judgeRoom(refusing, room(20), limits), { refuse: false, reserve: "keep" });
});

Deno.test("judgeRoom frees the reserve when the floor is nearly gone, and makes it anew first", () => {
  const held = { held: true, refusing: true };
  assert.deepEqual(judgeRoom(held, room(3.9), limits), { refuse: true, reserve: "free" });
  const freed = { held: false, refusing: true };
  assert.deepEqual(judgeRoom(freed, room(11.9), limits), { refuse: true, reserve: "keep" });
  assert.deepEqual(judgeRoom(freed, room(27), limits), { refuse: true, reserve: "keep" });
  assert.deepEqual(judgeRoom(freed, room(28), limits), { refuse: false, reserve: "make" });
});

Deno.test("judgeRoom without a reserve neither frees nor makes one", () => {
  const none = { ...limits, reserveBytes: 0 };
  assert.deepEqual(judgeRoom({ held: false, refusing: false }, room(50), none), {
    refuse: false,
    reserve: "keep",
  });
});

Deno.test("judgeRoom settles: with the same room and nobody writing it changes its mind at most twice", () => {
  fc.assert(fc.property(
    fc.double({ min: 0, max: 60, noNaN: true }),
    fc.boolean(),
    fc.boolean(),
    (freeMb, held, refusing) => {
      let state = { held, refusing };
      let freeBytes = freeMb * MB;
      let changes = 0;
      for (let step = 0; step < 10; step++) {
        const { refuse, reserve } = judgeRoom(state, { freeBytes, totalBytes: 1e9 }, limits);
        if (refuse !== state.refusing || reserve !== "keep") changes++;
        if (reserve === "free") freeBytes += limits.reserveBytes;
        if (reserve === "make") freeBytes -= limits.reserveBytes;
        assert.ok(freeBytes >= 0);
        state = { held: reserve === "keep" ? state.held : reserve === "make", refusing: refuse };
      }
      assert.ok(changes <= 2, `${changes} changes`);
    },
  ));
});
