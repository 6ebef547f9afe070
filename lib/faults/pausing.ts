/** Pauses and resumes parts of Perch, each for a moment at most, and knows which are paused. */
import type { Clock } from "../base/clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import type { Pausable } from "./fault.ts";

const TAKES_MOST_MS = 4_000;
/** After a start some parts come late: what was paused is paused as soon as they are there. */
const COMES_LATE_MS = 60_000;

/** What ran when a look began, by component, and how often anything had been resumed. */
export interface Begun {
  versions: ReadonlyMap<string, string | null>;
  resumed: number;
}

export interface Pausing {
  all(): readonly Pausable[];
  names(): string[];
  find(component: string): Pausable | null;
  /** Before a look: what runs now. */
  begin(): Begun;
  /** As a look asks it that began so: what was changed or resumed meanwhile is for the next look. */
  pausable(component: string, begun: Begun): "free" | "paused" | "no";
  isPaused(component: string): boolean;
  /** @returns whether it is paused now */
  pause(one: Pausable, fault: FaultRow): Promise<boolean>;
  /** @throws PerchError when it cannot be resumed */
  resume(one: Pausable, by: string): Promise<void>;
  /** What people had paused when Perch ended: it is paused again. */
  expect(faults: readonly FaultRow[]): void;
  restore(): Promise<void>;
}

export function createPausing(
  { clock, log, pausables }: { clock: Clock; log: Log; pausables: () => readonly Pausable[] },
): Pausing {
  const expected = new Map<string, FaultRow>();
  const startedMs = clock.monotonic();
  let resumed = 0;
  const find = (component: string) =>
    pausables().find((one) => one.component === component) ?? null;

  async function within(work: Promise<void>): Promise<void> {
    const late = new AbortController();
    const deadline = clock.sleep(TAKES_MOST_MS, late.signal).then(() => {
      throw new PerchError("busy", `took longer than ${TAKES_MOST_MS / 1000} s`, {
        retryAfterS: 5,
      });
    });
    deadline.catch(() => {});
    await Promise.race([work, deadline]).finally(() => late.abort());
  }

  async function pause(one: Pausable, fault: FaultRow): Promise<boolean> {
    try {
      await within(one.pause(`fault:${fault.id}`));
    } catch (error) {
      log.error(`${one.component} could not be paused: ${messageOf(error)}`);
    }
    return one.paused() !== null;
  }

  return {
    all: pausables,
    names: () => pausables().map(({ component }) => component),
    find,
    begin: () => ({
      versions: new Map(pausables().map((one) => [one.component, versionOf(one)])),
      resumed,
    }),
    pausable(component, begun) {
      const one = find(component);
      if (one === null || one.byPersonOnly === true) return "no";
      if (begun.resumed !== resumed || begun.versions.get(component) !== versionOf(one)) {
        return "no";
      }
      return one.paused() === null ? "free" : "paused";
    },
    isPaused: (component) =>
      expected.has(component) || (find(component)?.paused() ?? null) !== null,
    pause,
    async resume(one, by) {
      expected.delete(one.component);
      await within(one.resume(by).finally(() => resumed++));
    },
    expect: (faults) => faults.forEach((fault) => expected.set(fault.component, fault)),
    async restore() {
      for (const [component, fault] of expected) {
        const one = find(component);
        if (one !== null && (one.paused() !== null || await pause(one, fault))) {
          expected.delete(component);
        }
      }
      if (clock.monotonic() - startedMs > COMES_LATE_MS) expected.clear();
    },
  };
}

const versionOf = (one: Pausable) => one.version?.() ?? null;
