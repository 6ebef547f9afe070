/** The running detectors of one sensor. Pure: the caller owns it, feeds it in order and saves it. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { StateReader, StateWriter } from "../bytes.ts";
import {
  type Detector,
  type DetectorInput,
  type Finding,
  NOTHING,
  StateError,
} from "../detector.ts";

/** A detector and its parsed options, as a sensor is to be watched. */
export interface Watch {
  detector: Detector;
  options: unknown;
}

interface Running extends Watch {
  state: unknown;
}

/** Detectors that judge the time of arrival: a device's own clock may be off by any amount. */
const BY_ARRIVAL = new Set(["silence"]);
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
  readonly #own = { kind: "reading" as const, tMs: 0, value: 0 };

  constructor(readonly sensor: number, watches: readonly Watch[]) {
    this.#running = watches.map((w) => ({ ...w, state: w.detector.create(w.options) }));
  }

  /** A reading by its own time; `journalMs` is the journal's clock. Calls `found` for each finding. */
  read(tMs: number, value: number, journalMs: number, found: (finding: Finding) => void): void {
    if (journalMs > -Infinity) this.#offsetMs = tMs - journalMs;
    this.changed = true;
    const input = this.#own;
    input.value = value;
    for (let i = 0; i < this.#running.length; i++) {
      const { detector, state } = this.#running[i];
      input.tMs = BY_ARRIVAL.has(detector.name) ? journalMs : tMs;
      hand(detector.step(state, input), found);
    }
  }

  /** Time passed: `journalMs` by the journal's clock. */
  tick(journalMs: number, found: (finding: Finding) => void): void {
    for (const { detector, state } of this.#running) {
      const tMs = BY_ARRIVAL.has(detector.name) ? journalMs : journalMs + this.#offsetMs;
      const input: DetectorInput = { kind: "tick", tMs };
      const findings = detector.step(state, input);
      if (findings !== NOTHING) this.changed = true;
      hand(findings, found);
    }
  }

  /** Goes on with other detectors or options; what both have keeps what it learned. */
  replan(watches: readonly Watch[]): void {
    const before = new Map(this.#running.map((r) => [r.detector.name, r]));
    this.#running = watches.map((w) => {
      const was = before.get(w.detector.name);
      const state = was === undefined
        ? w.detector.create(w.options)
        : w.detector.load(w.options, was.detector.save(was.state));
      return { ...w, state };
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
   * cannot be continued is told to `refused` and its detector starts afresh.
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
    const running = this.#running.find((r) => r.detector.name === name);
    if (running === undefined) return;
    try {
      running.state = running.detector.load(running.options, bytes);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      refused(error);
    }
  }
}

function hand(findings: readonly Finding[], found: (finding: Finding) => void): void {
  if (findings === NOTHING) return;
  for (const finding of findings) found(finding);
}
