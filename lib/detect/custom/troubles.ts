/** What is wrong with a custom detector, for people and for the room of the faults. */
import type { Clock } from "../../base/clock.ts";
import type { ScriptFault } from "../../scripts/script.ts";
import type { FaultSeverity, Sighting } from "../../words/fault.ts";

/** What was only once is shown for so long. */
const RECENT_MS = 5 * 60_000;
const LOSS_MS = 3_600_000;

interface Counted {
  n: number;
  atMs: number;
}

export class Troubles {
  /** Why it does not run; null: it does. */
  broken: ScriptFault | null = null;
  /** Readings that were skipped because it was too slow, since the start. */
  skipped = 0;
  #failure: { fault: ScriptFault; n: number; atMs: number } | null = null;
  readonly #counted = new Map<"skipped" | "heldBack" | "lost", Counted>();

  constructor(private readonly name: string, private readonly clock: Pick<Clock, "monotonic">) {}

  failed(faults: readonly ScriptFault[]): void {
    const fault = faults.at(-1);
    if (fault === undefined) return;
    const n = (this.#recentFailure()?.n ?? 0) + faults.length;
    this.#failure = { fault, n, atMs: this.clock.monotonic() };
  }

  /** Readings that it was too slow for; findings beyond the bound; groups that the journal has no more. */
  count(what: "skipped" | "heldBack" | "lost", n: number): void {
    if (n <= 0) return;
    if (what === "skipped") this.skipped += n;
    const before = this.#recent(what)?.n ?? 0;
    this.#counted.set(what, { n: before + n, atMs: this.clock.monotonic() });
  }

  /** Its text was changed: what was is over. */
  begun(): void {
    this.broken = null;
    this.#failure = null;
  }

  list(): Sighting[] {
    if (this.broken !== null) {
      return [this.#ofScript(this.broken, "high", "cannot go on")];
    }
    const out: Sighting[] = [];
    const failure = this.#recentFailure();
    if (failure !== null) {
      const times = failure.n === 1 ? "failed at a step" : `failed at ${failure.n} steps`;
      out.push({ ...this.#ofScript(failure.fault, "medium", times), times: failure.n });
    }
    const skipped = this.#recent("skipped");
    if (skipped !== null) {
      out.push(this.#plain(
        "too_slow",
        `is too slow: ${skipped.n} readings were skipped`,
        skipped.n,
      ));
    }
    const heldBack = this.#recent("heldBack");
    if (heldBack !== null) {
      out.push(this.#plain(
        "too_many_findings",
        `finds too much: ${heldBack.n} findings were left out`,
        heldBack.n,
      ));
    }
    const lost = this.#recent("lost");
    if (lost !== null) {
      out.push(this.#plain(
        "readings_lost",
        `stood still for too long: ${lost.n} groups of readings are not in the journal any more`,
        lost.n,
      ));
    }
    return out;
  }

  #recentFailure() {
    const one = this.#failure;
    return one !== null && this.clock.monotonic() - one.atMs < RECENT_MS ? one : null;
  }

  #recent(what: "skipped" | "heldBack" | "lost"): Counted | null {
    const one = this.#counted.get(what);
    const mostMs = what === "lost" ? LOSS_MS : RECENT_MS;
    return one !== undefined && this.clock.monotonic() - one.atMs < mostMs ? one : null;
  }

  #ofScript(fault: ScriptFault, severity: FaultSeverity, words: string): Sighting {
    const { type, message, line, column } = fault;
    return {
      ...this.#plain(`${type}_error`, `${words}: ${message}`),
      severity,
      ...(line === null ? {} : { line }),
      ...(column === null ? {} : { column }),
    };
  }

  #plain(type: string, what: string, times?: number): Sighting {
    const component = componentOf(this.name);
    const file = `detectors/${this.name}.js`;
    return {
      cause: `${component}:${type}`,
      component,
      type,
      severity: "medium",
      message: `${file} ${what}`,
      file,
      ...(times === undefined ? {} : { times }),
    };
  }
}

export const componentOf = (name: string) => `detector:${name}`;
