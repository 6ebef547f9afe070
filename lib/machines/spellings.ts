import type { Draft } from "../readings/reading.ts";
import type { Resolved, Sensor } from "./sensor.ts";

/**
 * How devices write the names of sensors in which a character was replaced, or could have been: two names that
 * became the same by that are not one sensor.
 */
export class Spellings {
  readonly #written = new Map<number, string>();
  /** Sensors that were reported under a name with a replaced character. */
  readonly #replaced = new Set<number>();

  /** Whether a known sensor's draft has to be checked. */
  matter(draft: Draft, num: number): boolean {
    return draft.spelled !== undefined || this.isReplaced(num);
  }

  /** Whether the sensor was reported under a name with a replaced character. */
  isReplaced(num: number): boolean {
    return this.#replaced.size > 0 && this.#replaced.has(num);
  }

  /** The reason to refuse a draft whose name was written otherwise before it was replaced; null: there is none. */
  fault({ num, name }: Sensor, draft: Draft): Resolved | null {
    const written = draft.spelled ?? draft.sensor;
    const before = this.#written.get(num);
    if (before === undefined) this.#written.set(num, written);
    if (draft.spelled !== undefined) this.#replaced.add(num);
    if (before === undefined || before === written) return null;
    const message = `${written} would get the name of ${before}: ${name}`;
    return { ok: false, code: "bad_name", message };
  }

  /** A sensor was made from this draft. */
  created(num: number, draft: Draft): void {
    if (draft.sensor.includes("_")) this.#written.set(num, draft.spelled ?? draft.sensor);
    if (draft.spelled !== undefined) this.#replaced.add(num);
  }

  /** The sensor was renamed: whatever comes under the new name spells it. */
  forget(num: number): void {
    this.#written.delete(num);
  }
}
