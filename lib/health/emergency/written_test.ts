import assert from "node:assert/strict";
import { alarmEvent } from "../../../tests/support/events.ts";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { createLog, type LogEntry } from "../../base/log.ts";
import { createSupervisor } from "../../base/supervisor.ts";
import type { EventDraft } from "../../events/event.ts";
import { type Line, lineOfEntry, lineOfEvent } from "../../events/logs/lines.ts";
import { createLogCount } from "../../events/logs/report.ts";
import type { Limits } from "./decide.ts";
import { createEmergency } from "./emergency.ts";
import { createShedding } from "./shedding.ts";

const LIMIT = { enter: 95, leave: 90, lastingMs: 4_000, allMs: 4_000 };
const LIMITS: Limits = { disk: LIMIT, memory: LIMIT, temperature: LIMIT, cpu: LIMIT };

/** An emergency and its end; gives the events of it and the lines of the log files. */
async function passed(isFull: boolean): Promise<{ events: EventDraft[]; lines: Line[] }> {
  const clock = fakeClock();
  const events: EventDraft[] = [];
  const lines: Line[] = [];
  const sink = (entry: LogEntry) => void lines.push(lineOfEntry(entry));
  const log = createLog({ level: "warn", now: clock.now, sink });
  let disk = 99;
  const shedding = createShedding();
  for (const name of ["photos", "backups"] as const) shedding.register({ name });
  const emergency = createEmergency({
    clock,
    log: log.child("emergency"),
    sense: () => Promise.resolve({ disk, memory: null, temperature: null, cpu: null }),
    limits: () => LIMITS,
    isOn: () => true,
    shedding,
    cleaners: [{
      what: "old log files",
      causes: ["disk"],
      clean: () => Promise.resolve(5_000_000),
    }],
    append(event) {
      if (isFull) return Promise.reject(new Error("database or disk is full"));
      events.push(event);
      lines.push(lineOfEvent(alarmEvent({ ...event })));
      return Promise.resolve();
    },
  });
  const supervisor = createSupervisor({ clock, log });
  supervisor.start(emergency.task);
  await clock.advance(20_000);
  assert.match(emergency.sentence() ?? "", /photos/);
  disk = 10;
  await clock.advance(11 * 60_000);
  assert.equal(emergency.sentence(), null);
  await supervisor.stop(1_000);
  return { events, lines };
}

function countOf(lines: readonly Line[]) {
  const count = createLogCount({ fromMs: 0, toMs: Date.UTC(2100, 0), least: "info" });
  for (const { text } of lines) count.take(text);
  return count.report();
}

Deno.test("an emergency is in both log files with the same severity, and each step counts once", async () => {
  const { events, lines } = await passed(false);
  assert.equal(events.length, 7, "entered, two stopped, freed, two resumed, left");
  const report = countOf(lines);
  assert.equal(report.lines, events.length);
  assert.deepEqual(report.by_severity, { info: 6, warning: 0, error: 0, critical: 1 });
  const of = (file: string) =>
    lines.filter((line) => line.file === file).map(({ text }) => JSON.parse(text));
  for (const { error_message, severity } of of("error")) {
    const same = of("data").find(({ description }) => description === error_message);
    assert.equal(severity, same.severity, error_message);
  }
});

Deno.test("an emergency that cannot be written down counts as it stands in the log", async () => {
  const { lines } = await passed(true);
  const report = countOf(lines);
  assert.equal(report.lines, lines.length);
  assert.ok(report.patterns.some(({ template }) => /^The host is in need/.test(template)));
});
