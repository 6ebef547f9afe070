/** The event log with 100 000 events: an append, the index, and questions with many filters. */
import { openStorage } from "../../lib/app/storage.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { EventDraft } from "../../lib/events/event.ts";
import { createEventLog } from "../../lib/events/events_store.ts";
import type { EventQuery } from "../../lib/events/query.ts";
import { createEventSearch } from "../../lib/events/search_store.ts";
import {
  benchFolder,
  type BenchOptions,
  type BenchResult,
  doing,
  median,
} from "../support/bench.ts";

const AT_ONCE = 1_000;
const START_MS = Date.UTC(2026, 0, 1);
const TYPES = ["alarm.raised", "alarm.cleared", "alarm.resolved", "ticket.created"] as const;
const PEOPLE = [null, null, null, "Ada", "Grace Hopper"];
const day = { fromMs: START_MS, toMs: START_MS + 86_400 };

/** Words that nearly all events have, rare ones, and every filter beside them. */
const QUESTIONS: Record<string, EventQuery> = {
  newest: {},
  for_viewers: { hidden: ["access"] },
  by_type_severity_person: { types: ["alarm.raised"], severities: ["critical"], actor: "nobody" },
  by_machine: { machine: "plant/hall-3" },
  by_period: day,
  one_letter: { search: "p" },
  not_there: { search: "nothing" },
  six_common_words: { search: "press hall temp spindle limit above" },
  six_common_words_in_a_period: { search: "press hall temp spindle limit above", ...day },
  everything: {
    types: ["alarm", "ticket.created"],
    severities: ["warning", "critical"],
    machine: "plant/hall-3",
    actor: "ada",
    search: "press above",
    hidden: ["access"],
    ...day,
  },
};

/** Figures: ms for a page of 50 (median of 9 and the slowest), for an append of one event, for indexing. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const count = options.quick ? 5_000 : 100_000;
  const folder = await benchFolder(options);
  const { db, close } = await openStorage({
    url: `file:${folder.path}/perch.db`,
    log: silentLog(),
  });
  try {
    const log = createEventLog(db);
    const search = createEventSearch(db);
    doing(`writing ${count} events`);
    for (let i = 0; i < count; i += AT_ONCE) {
      const some = Array.from({ length: AT_ONCE }, (_, j) => log.statement(draftOf(i + j)));
      await db.write(some);
    }
    doing("putting them into the index");
    const indexMs = await timed(async () => {
      while (await search.index() > 0);
    });
    const figures: Record<string, number> = {
      events: count,
      index_ms_per_1000: indexMs / count * 1_000,
    };
    const appends: number[] = [];
    for (let i = 0; i < 100; i++) appends.push(await timed(() => log.append(draftOf(count + i))));
    figures.append_ms = median(appends);
    // All are asked of the index: the last ones would be found without it.
    while (await search.index() > 0);
    for (const [name, query] of Object.entries(QUESTIONS)) {
      doing(`asking: ${name}`);
      const times: number[] = [];
      for (let i = 0; i < 9; i++) times.push(await timed(() => log.list(query)));
      figures[`${name}_ms`] = median(times);
      figures[`${name}_slowest_ms`] = Math.max(...times);
    }
    return { name: "events", figures };
  } finally {
    await close();
    await folder.remove();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function draftOf(n: number): EventDraft {
  const machine = `plant/hall-${n % 7}/press-${n % 40}`;
  const degrees = (n * 7.3 % 100).toFixed(1);
  return {
    type: TYPES[n % TYPES.length],
    subject: `alarm:${n >> 2}`,
    severity: (["info", "warning", "critical"] as const)[n % 3],
    tMs: START_MS + n,
    text:
      `Press ${n % 40} in hall ${n % 7}: the temperature of spindle ${n % 13} is ${degrees} °C, ` +
      "above its limit of 80 °C",
    actor: PEOPLE[n % PEOPLE.length],
    // As large as that of an alarm.
    body: {
      alarm: { machine, machine_name: `Press ${n % 40}`, more: "x".repeat(800) },
      note: null,
    },
    route: false,
  };
}
