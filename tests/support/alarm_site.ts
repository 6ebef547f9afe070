import assert from "node:assert/strict";
import { createBook } from "../../lib/alarms/book.ts";
import { type Command, obey } from "../../lib/alarms/commands.ts";
import { decide } from "../../lib/alarms/decide.ts";
import { withdraw } from "../../lib/alarms/ending.ts";
import { type AlarmOptions, type Decision } from "../../lib/alarms/decision.ts";
import { pass } from "../../lib/alarms/passing.ts";
import { type AlarmRecord, isOpen, released } from "../../lib/alarms/record.ts";
import type { Observation } from "../../lib/alarms/observation.ts";
import { NOW_MS, OPTIONS } from "./alarm_observations.ts";

/** Alarms of one site, as the keeper keeps them, without a database. */
export function site(options: Partial<AlarmOptions> = {}) {
  const book = createBook();
  const o = { ...OPTIONS, ...options };
  let nowMs = NOW_MS, nextId = 1;
  const steps: string[] = [];
  const take = ({ alarm, steps: told }: Decision) => {
    book.put(alarm);
    steps.push(...told.map(({ type }) => type.slice("alarm.".length)));
    return alarm;
  };
  return {
    steps,
    nowMs: () => nowMs,
    alarms: () => [...book.all()],
    open: () => [...book.all()].filter(isOpen).sort((a, b) => a.id - b.id),
    only(): AlarmRecord {
      const open = [...book.all()];
      assert.equal(open.length, 1);
      return open[0];
    },
    observe(given: Observation, maintenance = false) {
      const alarm = book.choose(given, nowMs, o);
      const decision = decide(alarm, given, { newId: nextId, maintenance }, nowMs, o);
      if (decision?.alarm.id === nextId) nextId++;
      if (decision === null) return;
      take(decision);
      if (!given.present || given.point) return;
      for (const other of book.holders(given, decision.alarm.id)) {
        book.put(released(other, given.key));
      }
    },
    after(ms: number, facts = { maintenance: false }) {
      nowMs += ms;
      for (const alarm of [...book.all()]) {
        if (alarm.dueMs !== null && alarm.dueMs <= nowMs) take(pass(alarm, facts, nowMs, o));
      }
      return steps;
    },
    do(command: Command, by = "Ada", id = 1) {
      return take(obey(book.get(id)!, command, by, nowMs, o));
    },
    withdraw(reason: string) {
      for (const alarm of [...book.all()]) take(withdraw(alarm, () => true, reason, nowMs, o));
    },
  };
}
