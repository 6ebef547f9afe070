/**
 * What Perch does by itself when something is wrong: the list of it, how often it may, and what it brought. Whoever
 * heals says so here; what is safe to repeat for ever (a connection, a task with its backoff) goes on beyond the
 * bound, everything else stops, and either way the fault becomes more serious: it does not heal.
 */
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { EventDraft } from "../events/event.ts";
import { DAY_MS, HOUR_MS } from "../words/times.ts";

export interface Healing {
  name: string;
  /** What is done. */
  title: string;
  when: string;
  /** For one thing, such as one task. */
  mostPerHour: number;
  /** Done on, beyond the bound too: to stop would only make it worse. */
  goesOn: boolean;
}

export const HEALINGS = [
  {
    name: "restart_task",
    title: "Started a task again",
    when: "A background task ended, failed or hung",
    mostPerHour: 10,
    goesOn: true,
  },
  {
    name: "revive_task",
    title: "Tried a task again that was given up",
    when: "Half an hour after a task hung three times",
    mostPerHour: 2,
    goesOn: false,
  },
  {
    name: "reconnect",
    title: "Connected and subscribed again",
    when: "The connection to a broker was lost",
    mostPerHour: 30,
    goesOn: true,
  },
  {
    name: "store_again",
    title: "Went on storing",
    when: "The disk had refused, was full or could only be read",
    mostPerHour: 10,
    goesOn: true,
  },
  {
    name: "free_space",
    title: "Freed room on the disk or in memory",
    when: "The host was in need",
    mostPerHour: 12,
    goesOn: true,
  },
  {
    name: "send_again",
    title: "Delivered at a later try",
    when: "A channel did not take what was sent",
    mostPerHour: 20,
    goesOn: true,
  },
  {
    name: "restart_unit",
    title: "Restarted a service of the host",
    when: "A watched unit failed",
    mostPerHour: 6,
    goesOn: true,
  },
] as const satisfies readonly Healing[];
export type HealingName = typeof HEALINGS[number]["name"];

/** One time that something was done. */
export interface HealingRun {
  name: HealingName;
  /** Component that it was done to. */
  component: string;
  outcome: "worked" | "failed";
  text: string;
  tMs: number;
}

export interface HealingView extends Healing {
  /** Within the last 24 hours, since the start of Perch at most. */
  worked: number;
  failed: number;
  last: HealingRun | null;
  /** Components for which it is beyond its bound. */
  exhausted: string[];
}

export interface SelfHealing {
  /** Something was done. */
  record(name: HealingName, component: string, outcome: HealingRun["outcome"], text: string): void;
  /** It may be done once more. */
  mayRun(name: HealingName, component: string): boolean;
  /** What was done to it did not last: its faults are more serious. */
  isExhausted(component: string): boolean;
  view(): HealingView[];
}

const KEPT_MOST = 500;

export function createSelfHealing(
  { clock, log, append }: {
    clock: Pick<Clock, "now" | "monotonic">;
    log: Log;
    append: (event: EventDraft) => Promise<void>;
  },
): SelfHealing {
  let runs: (HealingRun & { atMs: number })[] = [];

  const within = (ms: number) => {
    const nowMs = clock.monotonic();
    return runs.filter(({ atMs }) => nowMs - atMs < ms);
  };
  const ofHour = (name: HealingName, component: string) =>
    within(HOUR_MS).filter((run) => run.name === name && run.component === component).length;

  function record(
    name: HealingName,
    component: string,
    outcome: HealingRun["outcome"],
    text: string,
  ): void {
    const isWithin = ofHour(name, component) < boundOf(name);
    const run = { name, component, outcome, text, tMs: clock.now() };
    runs = [...within(DAY_MS), { ...run, atMs: clock.monotonic() }].slice(-KEPT_MOST);
    // Beyond the bound it is a fault, and not worth a line each time.
    if (!isWithin) return;
    append(healingEvent(run)).catch((error) =>
      log.warn("what healed by itself was not logged", { error: messageOf(error) })
    );
  }

  const exhaustedOf = (name: HealingName) => {
    const components = new Set(
      within(HOUR_MS).filter((run) => run.name === name)
        .map(({ component }) => component),
    );
    return [...components].filter((component) => ofHour(name, component) >= boundOf(name));
  };

  return {
    record,
    mayRun: (name, component) => ofHour(name, component) < boundOf(name),
    isExhausted: (component) =>
      HEALINGS.some(({ name }) => ofHour(name, component) >= boundOf(name)),
    view: () =>
      HEALINGS.map((healing) => {
        const day = within(DAY_MS).filter(({ name }) => name === healing.name);
        return {
          ...healing,
          worked: day.filter(({ outcome }) => outcome === "worked").length,
          failed: day.filter(({ outcome }) => outcome === "failed").length,
          last: day.at(-1) ?? null,
          exhausted: exhaustedOf(healing.name),
        };
      }),
  };
}

const boundOf = (name: HealingName) => HEALINGS.find((one) => one.name === name)!.mostPerHour;

function healingEvent({ name, component, outcome, text, tMs }: HealingRun): EventDraft {
  return {
    type: "fault.healed",
    subject: `component:${component}`,
    severity: outcome === "worked" ? "info" : "warning",
    tMs,
    text: text.replace(/\.$/, ""),
    actor: null,
    body: { healing: name, component, outcome },
    route: false,
  };
}
