/** Asks where faults are looked for: each source for a moment only, and none can flood the others. */
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { FaultSource, Sighting } from "./fault.ts";

export interface Looking {
  /** `isComplete`: every source has answered. */
  look(): Promise<{ sightings: Sighting[]; isComplete: boolean }>;
}

const ANSWER_MOST_MS = 4_000;
/** What one source may see at a time. */
export const SIGHTINGS_MOST = 50;
const TEXT_MOST = 500;
const NAME_MOST = 120;

export function createLooking(
  { clock, log, sources }: { clock: Clock; log: Log; sources: readonly FaultSource[] },
): Looking {
  /** Asked and not answered yet: not asked again before. */
  const waiting = new Set<FaultSource>();
  const failing = new Set<FaultSource>();

  async function ask(source: FaultSource): Promise<readonly Sighting[] | string> {
    if (waiting.has(source)) return "does not answer";
    waiting.add(source);
    const late = new AbortController();
    const answer = Promise.resolve().then(() => source.look())
      .catch((error) => `fails: ${messageOf(error)}`)
      .finally(() => waiting.delete(source));
    const deadline = clock.sleep(ANSWER_MOST_MS, late.signal).then(
      () => "does not answer",
      () => "",
    );
    const first = await Promise.race([answer, deadline]);
    late.abort();
    return first;
  }

  function said(source: FaultSource, answer: readonly Sighting[] | string): Sighting[] {
    if (typeof answer !== "string") {
      failing.delete(source);
      return bounded(source, answer);
    }
    const message = `Looking for faults of ${source.name} ${answer}`;
    if (!failing.has(source)) log.warn(message);
    failing.add(source);
    const cause = `source:${source.name}`;
    return [{ cause, component: "faults", type: "look_failed", severity: "medium", message }];
  }

  return {
    async look() {
      const answers = await Promise.all(sources.map(async (one) => said(one, await ask(one))));
      return { sightings: answers.flat(), isComplete: failing.size === 0 };
    },
  };
}

function bounded(source: FaultSource, sightings: readonly Sighting[]): Sighting[] {
  const some = sightings.slice(0, SIGHTINGS_MOST).map(plain);
  if (sightings.length <= SIGHTINGS_MOST) return some;
  return [...some, {
    cause: `many:${source.name}`,
    component: "faults",
    type: "too_many",
    severity: "medium",
    message: `${sightings.length} faults of ${source.name} at once; ${SIGHTINGS_MOST} are shown`,
  }];
}

/** What comes from scripts and other programs is text, of a length that fits. */
function plain(sighting: Sighting): Sighting {
  const { cause, component, type, message, file } = sighting;
  return {
    ...sighting,
    cause: line(cause, 2 * NAME_MOST),
    component: line(component, NAME_MOST),
    type: /^[a-z][a-z0-9_]{0,39}$/.test(type) ? type : "other",
    message: line(message, TEXT_MOST),
    ...(file === undefined ? {} : { file: line(file, 2 * NAME_MOST) }),
  };
}

function line(text: string, most: number): string {
  const shown = text.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
  return shown.length <= most ? shown : `${shown.slice(0, most - 1).toWellFormed()}…`;
}
