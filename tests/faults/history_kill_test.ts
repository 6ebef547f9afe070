/**
 * Perch and the history server are killed in turn, and everything that is sealed is there once. It takes about 20 s,
 * most of them waiting: a VictoriaMetrics loses what it answered for within the last 11 s, so nothing may be believed
 * before. Control: `SABOTAGE=early_cursor` believes it at once, and readings are missing.
 */
import assert from "node:assert/strict";
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { compare } from "../../lib/history/compare.ts";
import { createHistoryServer } from "../../lib/history/server.ts";
import { childArgs } from "../support/perch.ts";
import { openEngine, withDatabase } from "../support/storage.ts";
import { until } from "../support/until.ts";
import { haveVictoria, startVictoria } from "../support/victoria.ts";

const CHILD = new URL("history_kill_child.ts", import.meta.url).pathname;
const SETTLE_MS = 13_000;
const MOST = 6_000;
const ALL = { fromMs: Date.UTC(2026, 0), toMs: Date.UTC(2026, 11) };

interface Child {
  acknowledged(): number;
  isDone(): boolean;
  kill(): Promise<void>;
}

function startChild(url: string, server: string, first: number): Child {
  const args = [url, server, `${first}`, `${MOST}`, `${SETTLE_MS}`];
  const process = new Deno.Command(Deno.execPath(), {
    args: childArgs(CHILD, args),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let acknowledged = first;
  let isDone = false;
  const reading = (async () => {
    let rest = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line === "sent") isDone = true;
        else acknowledged = Number(line);
      }
    }
  })();
  return {
    acknowledged: () => acknowledged,
    isDone: () => isDone,
    async kill() {
      process.kill("SIGKILL");
      await process.status;
      await reading;
    },
  };
}

Deno.test("history server: Perch and it killed in turn, and what is sealed is there once", async () => {
  if (!haveVictoria()) return;
  await using victoria = await startVictoria();
  await withDatabase(async (url) => {
    let child = startChild(url, victoria.url, 0);
    const reached = (n: number) =>
      until(`${n} readings`, () => child.acknowledged() >= n ? true : null, 120_000);
    try {
      await reached(1_200);
      await victoria.kill();
      await reached(2_000);
      await victoria.restart();
      await reached(3_200);
      await child.kill();
      child = startChild(url, victoria.url, child.acknowledged());
      await reached(4_400);
      await victoria.kill();
      await victoria.restart();
      await until("all to be sent", () => child.isDone() ? true : null, 120_000);
    } finally {
      await child.kill();
    }
    // What Perch believes it has outlives it.
    await victoria.kill();
    await victoria.restart();
    const outgoing = createOutgoing({
      ...{ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [] },
    });
    const place = { url: victoria.url, authorization: null, trusted: true };
    const server = createHistoryServer({ outgoing, place });
    const { store, close } = await openEngine({ url });
    try {
      let sealed = 0;
      for (const sensor of [1, 2]) {
        const ours = await store.sealed({ sensor, ...ALL });
        const there = await server.readings({ site: "site-1", sensor_id: `s-${sensor}` }, ALL);
        const { missing, extra } = compare(ours, there);
        assert.equal(missing.tMs.length, 0, "missing at the server");
        assert.equal(extra, 0, "twice at the server");
        sealed += ours.tMs.length;
      }
      assert.ok(sealed > 0.9 * MOST, `${sealed} of ${MOST} are sealed`);
    } finally {
      await close();
    }
  });
});
