/** Rate of change: how fast the value moves over a span of time. */
import { z } from "zod";
import { lengthField } from "../../machines/length_field.ts";
import { span } from "../../words/times.ts";
import { StateReader, StateWriter } from "../bytes.ts";
import { type Detector, type Finding, NOTHING } from "../detector.ts";
import { beside, exact, plain } from "../../words/numbers.ts";

const NAME = "rate";
const VERSION = 1;
/** Points kept over the span; denser readings are thinned to this many. */
const POINTS = 64;

const options = z.strictObject({
  maxPerMinute: z.number().positive().default(10).meta({
    title: "Fastest change per minute",
    description: "In the sensor's unit; rising or falling faster than this is reported",
  }),
  spanMs: lengthField(1000, 86_400_000).default(60_000).meta({
    title: "Span",
    description: "The change is measured over about this long",
  }),
});

export type RateOptions = z.infer<typeof options>;

export interface RateState {
  readonly options: RateOptions;
  /** Times and values of the span, oldest at `first`. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  first: number;
  count: number;
  high: boolean;
  score: number;
}

export const rate: Detector<RateOptions, RateState> = {
  name: NAME,
  title: "Rate of change",
  about: "Reports a value that rises or falls faster than it should.",
  version: VERSION,
  options,

  create: (o) => ({
    options: o,
    times: new Float64Array(POINTS),
    values: new Float64Array(POINTS),
    first: 0,
    count: 0,
    high: false,
    score: 0,
  }),

  step(s, input) {
    if (input.kind !== "reading") return NOTHING;
    const { tMs, value } = input;
    if (!Number.isFinite(value) || !Number.isFinite(tMs)) return NOTHING;
    const { spanMs, maxPerMinute } = s.options;
    const last = s.count === 0 ? -1 : (s.first + s.count - 1) % POINTS;
    if (last >= 0 && tMs < s.times[last]) return NOTHING; // late: the newer ones were judged
    // Points that left the span go, but one of them stays as long as it is the only one to compare with.
    while (s.count > 1 && s.times[s.first] < tMs - spanMs) {
      s.first = (s.first + 1) % POINTS;
      s.count--;
    }
    let found: readonly Finding[] = NOTHING;
    s.score = 0;
    if (s.count > 0 && tMs > s.times[s.first]) {
      const from = s.values[s.first], overMs = tMs - s.times[s.first];
      // A step between two close readings is judged as a change over the span, not as a burst.
      const perMinute = (value - from) / Math.max(overMs, spanMs) * 60_000;
      const size = Math.abs(perMinute) / maxPerMinute;
      s.score = size / (size + 1);
      const high = size > 1;
      if (high !== s.high) {
        found = [finding(s.options, high, tMs, value, from, overMs, perMinute, s.score)];
      }
      s.high = high;
    }
    const spacing = spanMs / (POINTS - 1);
    if (s.count === 0 || tMs - s.times[last] >= spacing) {
      if (s.count === POINTS) s.first = (s.first + 1) % POINTS;
      else s.count++;
      const at = (s.first + s.count - 1) % POINTS;
      s.times[at] = tMs;
      s.values[at] = value;
    }
    return found;
  },

  score: (s) => s.score,

  save: (s) =>
    new StateWriter(NAME, VERSION, 64 + 16 * POINTS)
      .u32(s.first).u32(s.count).u8(s.high ? 1 : 0).f64(s.score)
      .f64s(s.times).f64s(s.values).done(),

  load(o, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const s = rate.create(o);
    s.first = r.u32() % POINTS;
    s.count = Math.min(r.u32(), POINTS);
    s.high = r.u8() === 1;
    s.score = r.f64();
    r.f64s(s.times);
    r.f64s(s.values);
    r.end();
    return s;
  },
};

function finding(
  o: RateOptions,
  high: boolean,
  tMs: number,
  value: number,
  from: number,
  overMs: number,
  perMinute: number,
  score: number,
): Finding {
  const reach = o.maxPerMinute * Math.max(overMs, o.spanMs) / 60_000;
  const text = high
    ? `went from ${plain(from)} to ${plain(value)} in ${span(overMs)}, ` +
      `${beside(Math.abs(perMinute), o.maxPerMinute)} per minute where ` +
      `${exact(o.maxPerMinute)} is allowed`
    : `changes by no more than ${exact(o.maxPerMinute)} per minute again`;
  return {
    detector: NAME,
    tMs,
    phase: high ? "raised" : "cleared",
    severity: high ? "warning" : "info",
    score,
    reason: {
      text,
      value,
      expectedLow: from - reach,
      expectedHigh: from + reach,
      numbers: { perMinute },
    },
  };
}
