import assert from "node:assert/strict";
import type { Board, BoardTile } from "../lib/live/board.ts";
import { createBoardFeed } from "./board_feed.ts";

const LINE = { title: "x", unit: null, kind: "number" as const };
const chart = (withLines: boolean): BoardTile => ({
  ...{ kind: "chart", title: "", about: null, href: null, from_ms: 0, to_ms: 1 },
  lines: withLines ? [LINE as never] : null,
});
const board = (version = "1", withLines = false): Board => ({
  ...{ version, now_ms: 5_000, charts_every_ms: 20_000, tiles: [chart(withLines)] },
});
const ok = (body: unknown) => () => Promise.resolve(Response.json(body));
const away = () => Promise.reject(new TypeError("refused"));
const problem = (status: number, type = "application/problem+json") => () =>
  Promise.resolve(new Response("{}", { status, headers: { "content-type": type } }));

/** Plays answers one after the other, the last one for ever; gives the waits between them. */
async function played(answers: (() => Promise<Response>)[], page = ok({})) {
  let nowMs = 0, asked = 0, reloads = 0;
  const waits: number[] = [], addresses: string[] = [];
  const ending = new AbortController();
  const states: string[] = [];
  const feed = createBoardFeed({
    address: "/now",
    version: "1",
    fetch(address) {
      if (address === "") return page();
      addresses.push(address);
      return answers[Math.min(asked++, answers.length - 1)]();
    },
    now: () => nowMs,
    random: () => 0.5,
    setTimer(run, ms) {
      waits.push(ms);
      states.push(feed.state.peek().state);
      if (waits.length === answers.length) ending.abort();
      nowMs += ms;
      queueMicrotask(run);
      return () => {};
    },
    visible: () => Promise.resolve(),
    reload: () => reloads++,
  });
  await feed.run(ending.signal);
  return { feed, waits, addresses, states, reloads };
}

Deno.test("board feed: charts are asked for when they change, and stay meanwhile", async () => {
  const { addresses, feed } = await played([
    ok(board("1", true)),
    ...Array(12).fill(ok(board())),
  ]);
  const asks = addresses.flatMap((address, i) => address.includes("charts") ? [i] : []);
  assert.deepEqual(asks.slice(0, 2), [0, 10]);
  const [tile] = feed.board.peek()!.tiles;
  assert.deepEqual(tile, chart(true));
});

Deno.test("board feed: waits longer while nobody answers, and goes on by itself", async () => {
  const { waits, states, reloads } = await played([
    ok(board()),
    away,
    problem(502, "text/html"),
    problem(404, "text/html"),
    away,
    away,
    ok(board()),
  ]);
  assert.deepEqual(waits.slice(0, 7), [2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 2_000]);
  assert.deepEqual(states.slice(0, 3), ["live", "offline", "offline"]);
  assert.equal(states[6], "live");
  assert.equal(reloads, 0, "a proxy's own page says nothing of the link");
});

Deno.test("board feed: another version is loaded once it is there, and not again and again", async () => {
  const gone = await played([ok(board("2"))], away);
  assert.equal(gone.reloads, 0, "who finds nobody keeps the page");
  const there = await played(Array(10).fill(ok(board("2"))));
  assert.equal(there.reloads, 1);
});

Deno.test("board feed: a link that is revoked shows no old values", async () => {
  const { states, reloads } = await played([ok(board()), problem(404)], problem(404));
  assert.equal(states[1], "gone");
  assert.equal(reloads, 1, "the page itself says so");
});
