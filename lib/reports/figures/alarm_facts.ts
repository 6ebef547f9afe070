/** What is said of the alarms of a range: read once, page by page, newest first; the newest are listed. */
import type { Alarm } from "../../alarms/alarm.ts";
import { SEVERITIES, type Severity } from "../../words/severity.ts";
import type { Scope } from "./scope.ts";
import type { ReportSources } from "./sources.ts";

/** Rows of a table. */
export const ROWS_MOST = 10_000;
const PAGE = 200;
const LONGEST = 10;
const FREQUENT = 10;
/** Causes that are counted; further ones count together. */
const CAUSES_MOST = 10_000;
const FLOOD_MS = 10 * 60_000;

export interface Acknowledged {
  n: number;
  sumMs: number;
  /** Of alarms that wait for somebody. */
  waiting: number;
}

export interface Frequent {
  title: string;
  machine: string | null;
  n: number;
}

export interface AlarmFacts {
  total: number;
  /** Warnings and critical ones outside maintenance: what people heard of. */
  heard: number;
  listed: Alarm[];
  bySeverity: Record<Severity, number>;
  byMachine: Map<
    string | null,
    { severities: Record<Severity, number>; acknowledged: Acknowledged }
  >;
  acknowledged: Acknowledged;
  /** When those that people heard of were raised, latest first. */
  heardMs: number[];
  /** Most of them within ten minutes. */
  flood: number;
  frequent: Frequent[];
  longest: Alarm[];
}

/** Until when it stood, as far as the range goes. */
export function endOfAlarm(alarm: Alarm, toMs: number): { endMs: number; open: boolean } {
  const endMs = alarm.cleared_ms ?? alarm.resolved_ms;
  return endMs === null || endMs >= toMs ? { endMs: toMs, open: true } : { endMs, open: false };
}

export async function alarmFacts(
  sources: Pick<ReportSources, "alarms">,
  scope: Scope,
  signal: AbortSignal,
): Promise<AlarmFacts> {
  const facts: AlarmFacts = {
    total: 0,
    heard: 0,
    listed: [],
    bySeverity: none(),
    byMachine: new Map(),
    acknowledged: nobody(),
    heardMs: [],
    flood: 0,
    frequent: [],
    longest: [],
  };
  const causes = new Map<string, Frequent>();
  let cursor: string | undefined;
  do {
    signal.throwIfAborted();
    const page = await sources.alarms({
      fromMs: scope.fromMs,
      toMs: scope.toMs,
      limit: PAGE,
      cursor,
    });
    for (const alarm of page.items) {
      if (scope.has(alarm.machine)) count(facts, causes, alarm, scope.toMs);
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  facts.frequent = [...causes.values()]
    .sort((a, b) => b.n - a.n || (a.title < b.title ? -1 : 1)).slice(0, FREQUENT);
  facts.heardMs.sort((a, b) => b - a);
  facts.flood = mostWithin(facts.heardMs, FLOOD_MS);
  return facts;
}

function count(
  facts: AlarmFacts,
  causes: Map<string, Frequent>,
  alarm: Alarm,
  toMs: number,
): void {
  const { severity, machine } = alarm;
  facts.total++;
  facts.bySeverity[severity]++;
  if (facts.listed.length < ROWS_MOST) facts.listed.push(alarm);
  let own = facts.byMachine.get(machine);
  if (own === undefined) {
    facts.byMachine.set(machine, own = { severities: none(), acknowledged: nobody() });
  }
  own.severities[severity]++;
  const cause = causes.get(alarm.cause);
  if (cause !== undefined) cause.n++;
  else if (causes.size < CAUSES_MOST) {
    causes.set(alarm.cause, { title: alarm.title, machine, n: 1 });
  }
  if (severity === "info" || alarm.maintenance) return;
  facts.heard++;
  facts.heardMs.push(alarm.raised_ms);
  const ackMs = alarm.acknowledged_ms;
  for (const one of [facts.acknowledged, own.acknowledged]) {
    one.waiting++;
    // What was acknowledged after the range was not when it ended.
    if (ackMs === null || ackMs >= toMs) continue;
    one.n++;
    one.sumMs += ackMs - alarm.raised_ms;
  }
  const lastedMs = (one: Alarm) => endOfAlarm(one, toMs).endMs - one.raised_ms;
  facts.longest.push(alarm);
  facts.longest.sort((a, b) => lastedMs(b) - lastedMs(a) || Number(a.id) - Number(b.id));
  facts.longest.length = Math.min(LONGEST, facts.longest.length);
}

/** Latest first. */
function mostWithin(timesMs: readonly number[], lengthMs: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < timesMs.length; last++) {
    while (timesMs[first] - timesMs[last] >= lengthMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

export function meanMs({ n, sumMs }: Acknowledged): number | null {
  return n === 0 ? null : sumMs / n;
}

function none(): Record<Severity, number> {
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<
    Severity,
    number
  >;
}

function nobody(): Acknowledged {
  return { n: 0, sumMs: 0, waiting: 0 };
}
