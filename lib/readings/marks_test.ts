import assert from "node:assert/strict";
import { MARKS_PER_SESSION, RecentMarks } from "./marks.ts";

const markOf = (session: string, i: number) => ({ session, packetId: i % 65_536, hash: i % 7 });

Deno.test("RecentMarks keeps the newest marks of every session, oldest first", () => {
  const marks = new RecentMarks();
  const n = MARKS_PER_SESSION + 1000;
  for (let i = 0; i < n; i++) marks.add(i, [markOf("a", i), ...(i < 3 ? [markOf("b", i)] : [])]);
  const all = marks.all();
  assert.equal(all.length, MARKS_PER_SESSION + 3);
  assert.deepEqual(all.filter((m) => m.session === "b"), [0, 1, 2].map((i) => markOf("b", i)));
  assert.deepEqual(
    all.filter((m) => m.session === "a"),
    Array.from({ length: MARKS_PER_SESSION }, (_, i) => markOf("a", n - MARKS_PER_SESSION + i)),
  );
});

Deno.test("RecentMarks.upTo gives what a freed journal table held, until it is carried over", () => {
  const marks = new RecentMarks();
  for (let i = 1; i <= 10; i++) marks.add(i, [markOf("a", i)]);
  assert.deepEqual(marks.upTo(4).map((m) => m.packetId), [1, 2, 3, 4]);
  marks.carried(4, 11);
  assert.deepEqual(marks.upTo(4), []);
  assert.equal(marks.upTo(11).length, 10);
});

Deno.test("RecentMarks forgets the idlest sessions when there are too many", () => {
  const marks = new RecentMarks();
  const many = Array.from({ length: MARKS_PER_SESSION }, (_, i) => i);
  for (let s = 0; s < 20; s++) marks.add(s, many.map((i) => markOf(`s${s}`, i)));
  const sessions = new Set(marks.all().map((m) => m.session));
  assert.equal(sessions.size, 16);
  assert.ok(sessions.has("s19") && !sessions.has("s0"));
});
