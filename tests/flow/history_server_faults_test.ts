/**
 * History servers that answer slowly, wrongly or not at all: a sentence each, and what the disk has all the same.
 * Control: with `SABOTAGE=unsent_goes` retention takes what was not sent.
 */
import assert from "node:assert/strict";
import type { BucketResult } from "../../lib/readings/store.ts";
import { DAY_MS, HOUR_MS } from "../../lib/words/times.ts";
import { startHistory } from "../support/history_site.ts";
import { groupOf, openEngine, withDatabase } from "../support/storage.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const START_MS = Date.UTC(2026, 4, 1);
const SMALL = { sealReadings: 100, journal: { turnMs: 0, leastBytes: 500, mostBytes: 1500 } };

/** What a server does with a request; `good` is that of a VictoriaMetrics that takes everything and finds it. */
type Manner = "good" | "slow" | "words" | "wrong shape" | "error" | "refuses" | "drops";

const SENTENCES: Record<Exclude<Manner, "good">, RegExp> = {
  "slow": /does not answer in time/,
  "words": /answered with what no VictoriaMetrics says/,
  "wrong shape": /answered with what no VictoriaMetrics says/,
  "error": /answered 500: out of memory/,
  "refuses": /refuses Perch \(401\): its user, password or token/,
  "drops": /removes readings that stand close together/,
};

/** A small server that counts what it is asked for as found, and behaves as it is told. */
function startServer() {
  const ending = new AbortController();
  const state = { manner: "good" as Manner, found: 0 };
  const json = (result: unknown) => Response.json({ status: "success", data: { result } });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: ending.signal },
    async (request) => {
      const { pathname } = new URL(request.url);
      const body = await request.text();
      switch (state.manner) {
        case "slow":
          await until(
            "the end",
            () => ending.signal.aborted || state.manner !== "slow" || null,
            60_000,
          );
          return new Response(null, { status: 503 });
        case "words":
          return new Response("<html>It works!</html>");
        case "wrong shape":
          return Response.json({ status: "success", data: { result: "up" } });
        case "error":
          return new Response("out of\n memory", { status: 500 });
        case "refuses":
          return new Response("", { status: 401 });
      }
      if (pathname === "/metrics") {
        const apart = state.manner === "drops" ? "1ms" : "0s";
        return new Response(`flag{name="dedup.minScrapeInterval", value="${apart}"} 1\n`);
      }
      if (pathname === "/api/v1/query" && body.includes("count_over_time")) {
        // Nothing at first; after it was sent, what was.
        return json(state.found === 0 ? [] : [{ metric: {}, value: [1, `${state.found}`] }]);
      }
      if (pathname === "/api/v1/write") state.found = 100;
      return pathname === "/api/v1/query" ? json([]) : new Response(null, { status: 200 });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    state,
    stop: async () => {
      ending.abort();
      await server.finished;
    },
  };
}

Deno.test("a history server that is slow, wrong or dead: a sentence, and what the disk has", async () => {
  const server = startServer();
  try {
    await withDatabase(async (url) => {
      const engine = await openEngine({ url, limits: SMALL });
      const { store } = engine;
      const append = async (fromMs: number) =>
        void await store.append(
          groupOf(Array.from({ length: 100 }, (_, i) => ({
            ...{ sensor: 1, tMs: fromMs + i * 60_000, value: i },
          }))),
          [],
        );
      await append(START_MS);
      // The next commit seals it.
      await append(START_MS + 2 * DAY_MS);
      const site = startHistory(engine, server.url, { timeoutMs: 300 });
      try {
        await site.sent();
        assert.ok(site.history.state().sent >= 100, "something is sent");
        server.state.manner = "error";
        await append(START_MS + 3 * DAY_MS);
        await append(START_MS + 4 * DAY_MS);
        // Only what was sent goes.
        while (
          (await store.retain({
            ...{
              nowMs: START_MS + 40 * DAY_MS,
              keepMs: HOUR_MS,
              keepUnsent: !sabotaged("unsent_goes"),
            },
          })).more
        );
        const stats = await store.stats();
        assert.equal(stats.tiers.minute.readings, 100, "what was sent goes, and nothing else");
        const ask = (): Promise<BucketResult> =>
          site.history.readings.buckets({
            ...{ sensor: 1, fromMs: START_MS, toMs: START_MS + HOUR_MS, points: 1_000 },
          });
        for (const [manner, sentence] of Object.entries(SENTENCES)) {
          server.state.manner = manner as Manner;
          await assert.rejects(site.history.test(), sentence, manner);
          // It answers other questions.
          if (manner === "drops") continue;
          const { elsewhere, n } = await ask();
          assert.match(
            `${elsewhere?.failure}`,
            /^The history server cannot be asked: .+\.$/,
            manner,
          );
          assert.equal(n.reduce((sum, one) => sum + one, 0), 60, "the minutes on the disk");
        }
        server.state.manner = "words";
        site.history.changed();
        await until("its state", () => site.history.state().health === "degraded" ? true : null);
        assert.match(site.history.state().detail, /^The history server cannot be asked: /);
      } finally {
        await site.stop();
        await engine.close();
      }
    });
  } finally {
    await server.stop();
  }
});
