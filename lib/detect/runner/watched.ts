/** The running detectors of one sensor. Pure: the caller owns it, feeds it in order and saves it. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { StateError, StateReader, StateWriter } from "../bytes.ts";
import type { Hours } from "../departure/hours.ts";
import { departure, type DepartureState } from "../detectors/departure.ts";
import {
  type Detector,
  type DetectorInput,
  type Finding,
  type Judged,
  NOTHING,
  type ReadingRun,
  stepAll,
  type TakeFinding,
} from "../detector.ts";

/** A detector and its parsed options, as a sensor is to be watched. */
export interface Watch {
  detector: Detector;
  options: unknown;
  /** What people said of its findings on the sensor. */
  judged?: readonly Judged[];
}

interface Running extends Watch {
  state: unknown;
}

/** The journal's clock, and since when by it somebody has listened without a break. */
export interface Hearing {
  journalMs: number;
  heardMs: number;
}

const VERSION = 1;
/** Largest state that is read back. */
const STATE_BYTES_MOST = 1024 * 1024;

export class Watched {
  /** What was loaded has seen the groups up to this one. */
  savedGroup = 0;
  /** Not saved since it last changed. */
  changed = false;
  #running: Running[];
  /** From the journal's clock to the sensor's own, as of its latest reading. */
  #offsetMs = 0;
  readonly #own = { kind: "reading" as const, tMs: 0, value: 0, arrivalMs: 0, heardMs: 0 };

  constructor(readonly sensor: number, watches: readonly Watch[]) {
    this.#running = watches.map((w) => running(w, w.detector.create(w.options)));
  }

  /**
   * A reading by its own time; `journalMs` is the journal's clock, `heardMs` since when somebody listens.
   * Calls `found` for each finding.
   */
  read(
    tMs: number,
    value: number,
    { journalMs, heardMs }: Hearing,
    found: (finding: Finding) => void,
  ): void {
    if (journalMs > -Infinity) this.#offsetMs = tMs - journalMs;
    this.changed = true;
    const input = this.#own;
    input.tMs = tMs;
    input.value = value;
    input.arrivalMs = journalMs;
    input.heardMs = heardMs;
    for (let i = 0; i < this.#running.length; i++) {
      const { detector, state } = this.#running[i];
      hand(detector.step(state, input), found);
    }
  }

  /** The same for readings that came together. Calls `found` detector by detector, with the place in the columns. */
  readAll(
    run: Pick<ReadingRun, "tMs" | "value" | "from" | "to">,
    { journalMs, heardMs }: Hearing,
    found: TakeFinding,
  ): void {
    if (journalMs > -Infinity) this.#offsetMs = run.tMs[run.to - 1] - journalMs;
    this.changed = true;
    const whole = { ...run, arrivalMs: journalMs, heardMs };
    for (const { detector, state } of this.#running) {
      if (detector.steps === undefined) stepAll(detector, state, whole, found);
      else detector.steps(state, whole, found);
    }
  }

  /** Time passed: `journalMs` by the journal's clock. `others`: once an hour, those of its machine. */
  tick(
    { journalMs, heardMs }: Hearing,
    found: (finding: Finding) => void,
    others?: readonly Watched[],
  ): void {
    const input: DetectorInput = {
      kind: "tick",
      tMs: journalMs + this.#offsetMs,
      arrivalMs: journalMs,
      heardMs,
      others: others?.flatMap((one) => one.hours ?? []),
    };
    for (const { detector, state } of this.#running) {
      const findings = detector.step(state, input);
      if (findings !== NOTHING) this.changed = true;
      hand(findings, found);
    }
  }

  /** Its last two weeks by the hour, where a detector keeps them. */
  get hours(): Hours | undefined {
    return (this.stateOf(departure.name) as DepartureState | undefined)?.hours;
  }

  /** State of a detector that watches the sensor; undefined when it does not. */
  stateOf(name: string): unknown {
    return this.#running.find(({ detector }) => detector.name === name)?.state;
  }

  /** Goes on with other detectors or options; what both have keeps what it learned. */
  replan(watches: readonly Watch[]): void {
    const before = new Map(this.#running.map((r) => [r.detector.name, r]));
    this.#running = watches.map((w) => {
      const was = before.get(w.detector.name);
      const state = was === undefined
        ? w.detector.create(w.options)
        : w.detector.load(w.options, was.detector.save(was.state));
      return running(w, state);
    });
    this.changed = true;
  }

  save(): Uint8Array {
    const writer = new StateWriter("watched", VERSION, 16 * 1024);
    writer.f64(this.#offsetMs).u32(this.#running.length);
    for (const { detector, state } of this.#running) {
      writer.text(detector.name).bytes(detector.save(state));
    }
    return deflateRawSync(writer.done(), { level: 1 });
  }

  /**
   * Takes over what `save` gave. States of detectors that do not run any more are left; a state that
   * cannot be continued is reported to `refused` and its detector starts afresh.
   */
  load(bytes: Uint8Array, refused: (error: StateError) => void): void {
    let reader: StateReader;
    try {
      const raw = inflateRawSync(bytes, { maxOutputLength: STATE_BYTES_MOST });
      reader = new StateReader(raw, "watched", VERSION);
      this.#offsetMs = reader.f64();
      for (let left = reader.u32(); left > 0; left--) this.#loadOne(reader, refused);
    } catch (error) {
      refused(error instanceof StateError ? error : new StateError(String(error)));
    }
  }

  #loadOne(reader: StateReader, refused: (error: StateError) => void): void {
    const name = reader.text();
    const bytes = reader.bytes();
    const at = this.#running.findIndex((r) => r.detector.name === name);
    if (at < 0) return;
    const { state: _, ...watch } = this.#running[at];
    try {
      this.#running[at] = running(watch, watch.detector.load(watch.options, bytes));
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      refused(error);
    }
  }
}

function running(watch: Watch, state: unknown): Running {
  watch.detector.heed?.(state, watch.judged ?? []);
  return { ...watch, state };
}

function hand(findings: readonly Finding[], found: (finding: Finding) => void): void {
  if (findings === NOTHING) return;
  for (const finding of findings) found(finding);
}
