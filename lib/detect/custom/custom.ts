/** All custom detectors: they come, change and go with their files. */
import type { Task } from "../../base/supervisor.ts";
import { customDetector } from "../../words/detectors.ts";
import type { DetectGroup } from "../runner/options.ts";
import { readerOf, removeDetector, savedDetectors } from "./custom_store.ts";
import { Follower } from "./follower.ts";
import type { Pause } from "./hold.ts";
import { CUSTOM_OPTIONS, type CustomDeps } from "./options.ts";
import type { Sighting } from "../../words/fault.ts";
import { componentOf } from "./troubles.ts";

export interface CustomStats {
  name: string;
  title: string | null;
  /** Last group that it is done with. */
  group: number;
  steps: number;
  findings: number;
  /** Readings that it was too slow for. */
  skipped: number;
  /** Its script cannot go on: why. Null: it can. */
  stopped: string | null;
  paused: boolean;
  behind: boolean;
  saves: number;
}

/** As `lib/faults` takes it. */
export interface PausableDetector {
  readonly component: string;
  pause(by: string): Promise<void>;
  resume(by: string): Promise<void>;
  paused(): Pause | null;
  version(): string;
}

export interface CustomDetectors {
  /** A committed group; costs next to nothing. */
  take(group: DetectGroup): void;
  /** The sensor was changed, or is gone. */
  replan(sensor: number): void;
  /** Whether a detector (`custom:…`) watches a sensor; null: that is not known yet. */
  watches(sensor: number, detector: string): boolean | null;
  troubles(): Sighting[];
  pausables(): PausableDetector[];
  stats(): CustomStats[];
  task: Task;
}

/** Why a detector stands still whose script may not run at the moment. */
const GONE = "its file";

interface Following {
  follower: Follower;
  /** Its file is gone since (monotonic); null: it is there. */
  goneMs: number | null;
  stop: AbortController;
  ended: Promise<void>;
}

/** Creates the room of custom detectors; they work while its task runs. */
export function createCustomDetectors(deps: CustomDeps): CustomDetectors {
  const { clock, scripts } = deps;
  const options = { ...CUSTOM_OPTIONS, ...deps.options };
  const all = new Map<string, Following>();
  let wake = () => {};
  let changed = true;
  /** The files were looked at. */
  let started = false;
  scripts.onChange((kind) => {
    if (kind !== "detector") return;
    changed = true;
    wake();
  });

  /** Followers are those of the scripts that may run. */
  function follow(start: (follower: Follower) => Pick<Following, "stop" | "ended">): void {
    changed = false;
    started = true;
    const runnable = new Map(scripts.runnable("detector").map((one) => [one.name, one]));
    for (const [name, one] of all) {
      if (!runnable.has(name)) one.goneMs ??= clock.monotonic();
    }
    for (const [name, script] of runnable) {
      const known = all.get(name);
      if (known === undefined) {
        const follower = new Follower(script, deps, options);
        all.set(name, { follower, goneMs: null, ...start(follower) });
      } else {
        known.goneMs = null;
        if (known.follower.paused()?.by === GONE) known.follower.resume();
        if (known.follower.slot.wanted.hash !== script.hash) known.follower.change(script);
      }
    }
    for (const { follower, goneMs } of all.values()) if (goneMs !== null) follower.pause(GONE);
  }

  /** Its file is there, and cannot be used as it is: somebody will mend it. */
  const isFaulty = (name: string) => scripts.find({ kind: "detector", name })?.state === "faulty";

  async function forget(name: string): Promise<void> {
    const one = all.get(name);
    one?.stop.abort();
    await one?.ended.catch(() => {});
    all.delete(name);
    await deps.readings.dropCursor(readerOf(name), [removeDetector(name)]);
    deps.changed();
  }

  const present = () => [...all.values()].filter(({ goneMs }) => goneMs === null);

  return {
    take: (group) => present().forEach(({ follower }) => follower.take(group)),
    replan: (sensor) => all.forEach(({ follower }) => follower.slot.replan(sensor)),
    watches(sensor, detector) {
      for (const { follower } of all.values()) {
        if (customDetector(follower.name) === detector) return follower.slot.watches(sensor);
      }
      return started ? false : null;
    },
    troubles: () => present().flatMap(({ follower }) => follower.troubles.list()),
    pausables: () =>
      present().map(({ follower }) => ({
        component: componentOf(follower.name),
        pause: (by) => Promise.resolve(follower.pause(by)),
        resume: () => Promise.resolve(follower.resume()),
        paused: () => follower.paused(),
        version: () => follower.slot.wanted.hash,
      })),
    stats: () =>
      present().map(({ follower }) => ({
        name: follower.name,
        title: follower.slot.title,
        group: follower.learned.done ?? 0,
        ...follower.counts,
        skipped: follower.troubles.skipped,
        stopped: follower.troubles.broken?.message ?? null,
        paused: follower.paused() !== null,
        behind: follower.queue.behind,
        saves: follower.learned.saves,
      })),
    task: {
      name: "custom detectors",
      async run(signal, beat = () => {}) {
        let failure: { error: unknown } | null = null;
        const fail = (error: unknown) => {
          failure ??= { error };
          wake();
        };
        const start = (follower: Follower) => {
          const stop = new AbortController();
          const ended = follower.run(AbortSignal.any([signal, stop.signal]), beat);
          ended.catch(fail);
          return { stop, ended };
        };
        try {
          for (const one of all.values()) Object.assign(one, start(one.follower));
          follow(start);
          for (const name of await savedDetectors(deps.db)) {
            if (!all.has(name) && !isFaulty(name)) await forget(name);
          }
          while (!signal.aborted && failure === null) {
            beat();
            if (changed) follow(start);
            for (const [name, { goneMs }] of [...all]) {
              const isOver = goneMs !== null && clock.monotonic() - goneMs >= options.forgetMs;
              if (isOver && !isFaulty(name)) await forget(name);
            }
            await rest(signal);
          }
        } finally {
          for (const { stop } of all.values()) stop.abort();
          await Promise.allSettled([...all.values()].map(({ ended }) => ended));
        }
        if (failure !== null) throw (failure as { error: unknown }).error;
      },
    },
  };

  async function rest(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    wake = () => woken.abort();
    if (signal.aborted || changed) return;
    signal.addEventListener("abort", wake, { once: true });
    await clock.sleep(options.waitMs, woken.signal).catch(() => {});
    signal.removeEventListener("abort", wake);
    wake = () => {};
  }
}
