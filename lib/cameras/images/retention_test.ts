import assert from "node:assert/strict";
import { HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import { bytesADay, fileOf, isWholeJpeg, timeOfFile } from "./image.ts";
import { wantedNow } from "./alarm_pictures.ts";
import { isCurrent, isDue } from "./interval.ts";
import { type ByteLimits, tooMuch, tooOld, upTo } from "./retention.ts";

const MB = 1e6;
const NOW_MS = Date.UTC(2026, 10, 29, 20);
const front = { cameraId: "front", count: 10, bytes: 100 * MB, oldestMs: NOW_MS - 10 * HOUR_MS };
const back = { cameraId: "back", count: 10, bytes: 50 * MB, oldestMs: NOW_MS - 2 * HOUR_MS };

const all = { keepMs: 24 * HOUR_MS, keepBytes: 1_000 * MB };
const limits = (change: Partial<ByteLimits> = {}): ByteLimits => ({
  keepingOf: () => all,
  allBytes: 1_000 * MB,
  floorBytes: 500 * MB,
  freeBytes: 5_000 * MB,
  ...change,
});

Deno.test("retention: nothing leaves while nothing is too old or too much", () => {
  assert.deepEqual(tooOld([front, back], () => all, NOW_MS), []);
  assert.deepEqual(tooMuch([front, back], limits()), { byCamera: [], ofAll: 0 });
  assert.deepEqual(tooMuch([], limits({ freeBytes: 0 })), { byCamera: [], ofAll: 0 });
});

Deno.test("retention: each camera by its own age and bytes", () => {
  const keepingOf = (id: string) =>
    id === "front" ? { ...all, keepMs: 5 * HOUR_MS } : { ...all, keepBytes: 20 * MB };
  assert.deepEqual(tooOld([front, back], keepingOf, NOW_MS), [
    { cameraId: "front", beforeMs: NOW_MS - 5 * HOUR_MS },
  ]);
  assert.deepEqual(tooMuch([front, back], limits({ keepingOf })), {
    byCamera: [{ cameraId: "back", bytes: 30 * MB }],
    ofAll: 0,
  });
});

Deno.test("retention: all together, and where little is free; what leaves anyway counts", () => {
  assert.equal(tooMuch([front, back], limits({ allBytes: 120 * MB })).ofAll, 30 * MB);
  assert.equal(tooMuch([front, back], limits({ freeBytes: 430 * MB })).ofAll, 70 * MB);
  const keepingOf = () => ({ ...all, keepBytes: 60 * MB });
  const both = tooMuch([front, back], limits({ keepingOf, freeBytes: 430 * MB }));
  assert.deepEqual([both.byCamera.length, both.ofAll], [1, 30 * MB]);
  assert.equal(tooMuch([front, back], limits({ freeBytes: 0 })).ofAll, 150 * MB, "not more");
  assert.equal(tooMuch([front, back], limits({ freeBytes: null })).ofAll, 0, "nobody knows");
});

Deno.test("retention: as many of the oldest as make up the bytes", () => {
  const images = [3, 4, 5].map((bytes, id) => ({ id, bytes }));
  const ids = (bytes: number) => upTo(images, bytes).map(({ id }) => id);
  assert.deepEqual([ids(0), ids(3), ids(4), ids(Infinity)], [[], [0], [0, 1], [0, 1, 2]]);
});

Deno.test("stills: due after their time, and after a clock that was set back", () => {
  assert.equal(isDue(0, null, NOW_MS), false);
  assert.equal(isDue(60, null, NOW_MS), true);
  assert.equal(isDue(60, NOW_MS - 59_999, NOW_MS), false);
  assert.equal(isDue(60, NOW_MS - 60_000, NOW_MS), true);
  assert.equal(isDue(60, NOW_MS + HOUR_MS, NOW_MS), true);
});

Deno.test("stills: an old picture or that of a frozen camera shows nothing of now", () => {
  const frame = { atMs: 100_000 };
  assert.equal(isCurrent(frame, "live", 129_999), true);
  assert.equal(isCurrent(frame, "live", 130_000), false);
  for (const state of ["frozen", "lost", "off"] as const) {
    assert.equal(isCurrent(frame, state, 100_000), false, state);
  }
  assert.equal(isCurrent(frame, "covered", 100_000), true);
  assert.equal(isCurrent(null, "live", 0), false);
});

Deno.test("alarms: a set a minute, one picture of each further moment, none of the same", () => {
  assert.equal(wantedNow({ setMs: null, keptMs: null }, 0), "set");
  assert.equal(wantedNow({ setMs: 0, keptMs: 4_000 }, 6_000), "nothing");
  assert.equal(wantedNow({ setMs: 0, keptMs: 6_000 }, 20_000), "one");
  assert.equal(wantedNow({ setMs: 0, keptMs: 6_000 }, MINUTE_MS), "set");
});

Deno.test("files: named by their time in UTC; nothing else is one", () => {
  const tMs = Date.UTC(2026, 10, 29, 20, 15, 2, 117);
  const file = fileOf("front", tMs);
  assert.equal(file, "front/2026/11/29/201502-117.jpg");
  assert.equal(timeOfFile(file), tMs);
  for (
    const other of [
      "front/2026/13/29/201502-117.jpg",
      "front/2026/11/31/201502-117.jpg",
      "front/2026/11/29/201502-117.png",
      "a/b/2026/11/29/201502-117.jpg",
      "../2026/11/29/201502-117.jpg",
    ]
  ) assert.equal(timeOfFile(other), null, other);
  assert.equal(isWholeJpeg(new Uint8Array(500)), false);
});

Deno.test("flash: what stills write a day", () => {
  assert.equal(bytesADay(0, null), 0);
  assert.equal(bytesADay(60, null), 86_400_000);
  assert.equal(bytesADay(3_600, 100_000), 2_400_000);
});
