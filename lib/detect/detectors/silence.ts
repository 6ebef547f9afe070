/** Silence: a sensor that has not spoken for three of its usual longest gaps (`rhythm.ts`). Judged at ticks. */
import { z } from "zod";
import { lengthField } from "../../machines/length_field.ts";
import type { Severity } from "../../words/severity.ts";
import { span } from "../../words/times.ts";
import { StateReader, StateWriter } from "../bytes.ts";
import { type Detector, NOTHING, stepAll } from "../detector.ts";
import { Rhythm, SILENT_INTERVALS, silentMs } from "../rhythm.ts";

const NAME = "silence";
const VERSION = 2;

const options = z.strictObject({
  expectedMs: lengthField(10, 30 * 86_400_000).nullable().default(null).meta({
    title: "Expected interval",
    description: "Empty: learned from the readings",
  }),
  intervals: z.number().min(1).max(1000).default(SILENT_INTERVALS).meta({
    title: "Intervals",
    description: "Silence for this many intervals, or usual longest gaps, is reported",
  }),
  learns: z.boolean().default(true).meta({
    title: "Learn the rhythm",
    description: "Off: only an expected interval counts, as for what reports on change",
  }),
});

export type SilenceOptions = z.infer<typeof options>;

/** How the present silence was reported: not at all, as a hint, as a warning. */
const REPORTED = ["nothing", "info", "warning"] as const;

export interface SilenceState {
  readonly options: SilenceOptions;
  readonly rhythm: Rhythm;
  reported: typeof REPORTED[number];
  score: number;
}

export const silence: Detector<SilenceOptions, SilenceState> = {
  name: NAME,
  title: "Silence",
  about: "Reports a sensor that has not reported for three of its usual longest gaps.",
  version: VERSION,
  options,

  create: (o) => ({ options: o, rhythm: new Rhythm(), reported: "nothing", score: 0 }),

  step(s, input) {
    if (!Number.isFinite(input.tMs)) return NOTHING;
    const nowMs = input.arrivalMs ?? input.tMs;
    if (!Number.isFinite(nowMs)) return NOTHING;
    const heardMs = input.heardMs ?? -Infinity;
    const gap = silentMs({ nowMs, spokeMs: s.rhythm.arrivedMs, heardMs });
    if (input.kind === "reading") {
      const was = s.reported;
      s.rhythm.take(input.tMs, nowMs, heardMs);
      s.reported = "nothing";
      s.score = 0;
      if (was === "nothing") return NOTHING;
      return [{
        detector: NAME,
        tMs: nowMs,
        phase: "cleared",
        severity: "info",
        score: 0,
        reason: { text: `reports again after ${span(Math.max(0, gap))} of silence` },
      }];
    }
    // It spoke since the last tick: nobody has to know how long it may be silent.
    if (gap <= 0 && s.score === 0) return NOTHING;
    const allowed = allowedMs(s);
    if (allowed === null || !Number.isFinite(gap)) return NOTHING;
    s.score = Math.min(1, Math.max(0, 0.5 * gap / allowed));
    if (gap <= allowed) return NOTHING;
    const sure = s.options.expectedMs !== null || s.rhythm.sure(nowMs);
    const severity: Severity = sure ? "warning" : "info";
    if (s.reported === "warning" || s.reported === severity) return NOTHING;
    const phase = s.reported === "nothing" ? "raised" : "changed";
    s.reported = severity;
    return [{
      detector: NAME,
      tMs: nowMs,
      phase,
      severity,
      score: s.score,
      reason: {
        text: s.options.expectedMs === null
          ? `no reading for ${span(gap)}, ${span(s.rhythm.usualMs()!)} was the longest until now`
          : `no reading for ${span(gap)}, expected every ${span(s.options.expectedMs)}`,
        numbers: { silentMs: gap, allowedMs: allowed },
      },
    }];
  },

  steps(s, run, found) {
    const { arrivalMs = NaN, heardMs = -Infinity } = run;
    if (s.reported === "nothing" && Number.isFinite(arrivalMs)) {
      if (s.rhythm.takeRun(run, arrivalMs, heardMs)) s.score = 0;
    } else stepAll(silence, s, run, found);
  },

  score: (s) => s.score,

  save(s) {
    const w = new StateWriter(NAME, VERSION, 1024).u8(REPORTED.indexOf(s.reported)).f64(s.score);
    s.rhythm.save(w);
    return w.done();
  },

  load(o, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const s = silence.create(o);
    s.reported = REPORTED[r.u8()] ?? "nothing";
    s.score = r.f64();
    s.rhythm.load(r);
    r.end();
    return s;
  },
};

/** How long the sensor may be silent; null: not known. */
export function allowedMs({ options, rhythm }: SilenceState): number | null {
  if (options.expectedMs !== null) return options.expectedMs * options.intervals;
  const learned = options.learns ? rhythm.limitMs() : null;
  return learned === null ? null : learned * options.intervals / SILENT_INTERVALS;
}
