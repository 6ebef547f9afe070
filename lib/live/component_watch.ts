import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { EventDraft } from "../events/event.ts";
import type { ComponentHealth, Components, ComponentState } from "./components.ts";

const LOOK_MS = 2_000;
/** A change that lasts for so long is worth an event. */
const LASTING_MS = 10_000;
const EVENT_EVERY_MS = 60_000;
/** What the parts of Perch go through while it starts is no event. */
const STARTING_MS = 30_000;

interface Seen {
  health: ComponentHealth;
  changedMs: number;
  /** What the event log says of it, and since when; null: nothing, and it has not been well since it came. */
  logged: ComponentHealth | null;
  loggedMs: number;
}

/**
 * Looks after the states of the parts: a change goes to the live stream at once, and into the event log when it has
 * lasted; so does the first report of a program that is not well. A part that flaps writes one event a minute at most.
 */
export function componentWatch(
  { clock, log, components, expire, publish, append }: {
    clock: Clock;
    log: Log;
    components: Pick<Components, "all" | "overall">;
    /** Makes programs offline that have been silent for too long. */
    expire: () => Promise<void>;
    /** A part of Perch itself; what other programs report is published by whoever takes it. */
    publish: (state: ComponentState) => void;
    append: (event: EventDraft) => Promise<void>;
  },
): Task {
  const seen = new Map<string, Seen>();
  const startedMs = clock.monotonic();
  /** Nothing was looked at yet: what there is now has been there before this start. */
  let isFirst = true;

  function look(state: ComponentState, nowMs: number): Seen {
    const before = seen.get(state.name);
    if (before === undefined) {
      const { health } = state;
      const isNews = state.reported !== undefined && health !== "ok" && !isFirst;
      const logged = isNews ? null : health;
      const first = { health, changedMs: nowMs, logged, loggedMs: -Infinity };
      seen.set(state.name, first);
      return first;
    }
    if (before.health !== state.health) {
      before.health = state.health;
      before.changedMs = nowMs;
      if (state.reported === undefined) publish(state);
    }
    return before;
  }

  async function note(state: ComponentState, one: Seen, nowMs: number): Promise<void> {
    if (state.reported === undefined && nowMs - startedMs < STARTING_MS) one.logged = one.health;
    if (one.logged === null && one.health === "ok") one.logged = "ok";
    if (one.health === one.logged || nowMs - one.changedMs < LASTING_MS) return;
    if (nowMs - one.loggedMs < EVENT_EVERY_MS) return;
    const before = one.logged;
    one.logged = one.health;
    one.loggedMs = nowMs;
    await append(changeEvent(state, before, clock.now())).catch((error) =>
      log.warn("a change of a part was not logged", { part: state.name, error: messageOf(error) })
    );
  }

  async function round(): Promise<void> {
    await expire();
    const nowMs = clock.monotonic();
    const states = components.all();
    for (const state of states) await note(state, look(state, nowMs), nowMs);
    isFirst = false;
    if (seen.size === states.length) return;
    const names = new Set(states.map(({ name }) => name));
    for (const name of seen.keys()) if (!names.has(name)) seen.delete(name);
  }

  return {
    name: "components",
    async run(signal) {
      for (;;) {
        await round();
        await clock.sleep(LOOK_MS, signal);
      }
    },
  };
}

const WORDS: Record<ComponentHealth, string> = {
  ok: "works",
  degraded: "is degraded",
  error: "does not work",
  off: "is switched off",
};

function changeEvent(
  { name, health, detail, reported }: ComponentState,
  before: ComponentHealth | null,
  tMs: number,
): EventDraft {
  const what = reported === undefined ? `The part ${name}` : `The program ${name}`;
  return {
    type: "component.changed",
    subject: `component:${name}`,
    severity: health === "error" ? "warning" : "info",
    tMs,
    text: `${what} ${WORDS[health]}: ${detail.slice(0, 500).toWellFormed().replace(/\.$/, "")}`,
    actor: reported?.reporter ?? null,
    body: { component: name, health, before, detail: detail.slice(0, 500).toWellFormed() },
    route: false,
  };
}
