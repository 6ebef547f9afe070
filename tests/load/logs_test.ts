/**
 * Reading large log files: `LOG_LINES_N` lines (20 000; a million in `deno task soak`) in bounded memory, and other
 * work goes on meanwhile. Control: `SABOTAGE=log_slices` reads each file in one piece.
 */
import assert from "node:assert/strict";
import { clearImmediate, setImmediate } from "node:timers";
import { lineOfEntry, lineOfEvent } from "../../lib/events/logs/lines.ts";
import { readLogs } from "../../lib/events/logs/read_logs.ts";
import { createLogCount, type LogQuery } from "../../lib/events/logs/report.ts";
import { alarmEvent } from "../support/events.ts";
import { randomSource } from "../support/random.ts";
import { sabotaged } from "../support/sabotage.ts";

const LINES = Number(Deno.env.get("LOG_LINES_N") ?? 20_000);
const FILE_LINES = LINES / 4;
const START_MS = Date.UTC(2026, 0, 5);
const MEGABYTE = 1024 * 1024;

Deno.test(`readLogs counts ${LINES} lines slice by slice`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-load-logs-" });
  try {
    const bytes = await fill(folder);
    const query: LogQuery = { fromMs: START_MS, toMs: START_MS + 10 * LINES, least: "info" };
    const before = Deno.memoryUsage().rss;
    const watch = watchTurns();
    const startMs = performance.now();
    const report = sabotaged("log_slices")
      ? readWhole(folder, query)
      : await readLogs(folder, query);
    const tookMs = performance.now() - startMs;
    const { turns, longestMs, mostBytes } = watch.end();
    console.log(
      `${LINES} lines, ${(bytes / MEGABYTE).toFixed(1)} MB: ${(tookMs / 1000).toFixed(2)} s, ` +
        `${((mostBytes - before) / MEGABYTE).toFixed(1)} MB more at most, ` +
        `${turns} turns, the longest of ${longestMs.toFixed(1)} ms of CPU`,
    );
    assert.equal(report.lines, LINES);
    assert.equal(report.unreadable, 1);
    assert.ok(report.patterns.length < 20, JSON.stringify(report.patterns.slice(0, 30)));
    assert.ok(longestMs < 50, `${longestMs} ms`);
    assert.ok(mostBytes - before < 64 * MEGABYTE, `${mostBytes - before}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Four files of two kinds, and one torn line. Gives their bytes. */
async function fill(folder: string): Promise<number> {
  const draw = randomSource(5);
  const number = () => (draw() * 1000).toFixed(2);
  const files = [
    "error_events.log",
    "error_events.20260105T000000000Z.log",
    "sensor_events.log",
    "sensor_events.20260105T000000000Z.log",
  ];
  let bytes = 0;
  let line = 0;
  for (const name of files) {
    using file = await Deno.open(`${folder}/${name}`, { write: true, create: true });
    for (let done = 0; done < FILE_LINES;) {
      let text = "";
      for (const to = Math.min(done + 1_000, FILE_LINES); done < to; done++, line++) {
        const tMs = START_MS + line * 10;
        text += (name.startsWith("error")
          ? lineOfEntry({
            tsMs: tMs,
            level: line % 3 === 0 ? "error" : "warn",
            part: "sources.mqtt",
            message: `task mqtt stopped: no answer from 10.0.0.${line % 256}; starting it again`,
            fields: { waitMs: number(), restarts: line },
          })
          : lineOfEvent(alarmEvent({
            tMs,
            text: `Press ${line % 40}: bearing ${number()} °C is above critical 80 °C`,
          }))).text + "\n";
      }
      bytes += await file.write(new TextEncoder().encode(text));
    }
    if (name === files[0]) await file.write(new TextEncoder().encode('{"timestamp":"2026-0\n'));
  }
  return bytes;
}

function readWhole(folder: string, query: LogQuery) {
  const count = createLogCount(query);
  for (const { name } of Deno.readDirSync(folder)) {
    const lines = Deno.readTextFileSync(`${folder}/${name}`).trimEnd().split("\n");
    for (const line of lines) count.take(line);
  }
  return count.report();
}

/** Counts the turns of the event loop, and the CPU time that this thread had in the longest. */
function watchTurns() {
  let turns = 0;
  let longestMs = 0;
  let mostBytes = 0;
  let last = threadMs();
  const look = () => {
    const now = threadMs();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (turns++ % 16 === 0) mostBytes = Math.max(mostBytes, Deno.memoryUsage().rss);
    timer = setImmediate(look);
  };
  let timer = setImmediate(look);
  return {
    end() {
      clearImmediate(timer);
      return {
        turns,
        longestMs: Math.max(longestMs, threadMs() - last),
        mostBytes: Math.max(mostBytes, Deno.memoryUsage().rss),
      };
    },
  };
}

/** CPU time of this thread: what else runs on this host does not count. */
function threadMs(): number {
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[0]) / 1e6;
}
