/** Stretches of time and what was in them. Ends are exclusive. Pure. */

/** From one time to another, its end exclusive. */
export interface Range {
  fromMs: number;
  toMs: number;
}

/** `unknown`: nobody could know. */
export type PastStatus = typeof STATES[number];

/** From its time on, until the next one. */
export interface StatusChange {
  tMs: number;
  status: PastStatus;
}

/** How something was from one time to another. */
export interface StateSpan extends Range {
  state: PastStatus;
}

export const STATES = [
  "normal",
  "warning",
  "critical",
  "offline",
  "unknown",
  "maintenance",
] as const;

/** What is said of `unknown`: on strips, in tables, with figures. */
export const NOT_RECORDED = "not recorded";

/**
 * How something was over a range, without holes: from its changes, `unknown` before the first and wherever Perch did
 * not listen.
 */
export function pastOf(
  changes: readonly StatusChange[],
  perch: readonly StatusChange[],
  range: Range,
): StateSpan[] {
  const heard = held(perch, range).filter(({ state }) => state !== "unknown");
  return overlaid(held(changes, range), without([range], heard), "unknown");
}

/** Each change until the next one. */
function held(changes: readonly StatusChange[], { fromMs, toMs }: Range): StateSpan[] {
  const inOrder = changes.toSorted((a, b) => a.tMs - b.tMs);
  const spans: StateSpan[] = [];
  add(spans, { fromMs, toMs: Math.min(inOrder[0]?.tMs ?? toMs, toMs), state: "unknown" });
  inOrder.forEach(({ tMs, status }, i) => {
    const endMs = inOrder[i + 1]?.tMs ?? toMs;
    add(spans, { fromMs: Math.max(fromMs, tMs), toMs: Math.min(toMs, endMs), state: status });
  });
  return spans;
}

/** The same with another state in some stretches. */
export function overlaid(
  spans: readonly StateSpan[],
  stretches: readonly Range[],
  state: PastStatus,
): StateSpan[] {
  const covers = united(stretches);
  const out: StateSpan[] = [];
  let first = 0;
  for (const span of spans) {
    let atMs = span.fromMs;
    while (first < covers.length && covers[first].toMs <= span.fromMs) first++;
    for (let i = first; i < covers.length && covers[i].fromMs < span.toMs; i++) {
      const cover = covers[i];
      add(out, { fromMs: atMs, toMs: Math.max(atMs, cover.fromMs), state: span.state });
      atMs = Math.max(atMs, cover.fromMs);
      add(out, { fromMs: atMs, toMs: Math.min(span.toMs, cover.toMs), state });
      atMs = Math.min(span.toMs, cover.toMs);
    }
    add(out, { fromMs: atMs, toMs: span.toMs, state: span.state });
  }
  return out;
}

/** Appends; equal neighbours become one, empty ones are left out. */
function add(spans: StateSpan[], span: StateSpan): void {
  if (span.toMs <= span.fromMs) return;
  const last = spans.at(-1);
  if (last !== undefined && last.state === span.state && last.toMs === span.fromMs) {
    last.toMs = span.toMs;
  } else spans.push({ ...span });
}

/** In order, and none touches another. */
export function united(ranges: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (const { fromMs, toMs } of ranges.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (toMs <= fromMs) continue;
    const last = out.at(-1);
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else out.push({ fromMs, toMs });
  }
  return out;
}

/** What of the first is not in the second. */
export function without(ranges: readonly Range[], taken: readonly Range[]): Range[] {
  const out: Range[] = [];
  const gone = united(taken);
  for (const { fromMs, toMs } of united(ranges)) {
    let atMs = fromMs;
    for (const one of gone) {
      if (one.toMs <= atMs || one.fromMs >= toMs) continue;
      if (one.fromMs > atMs) out.push({ fromMs: atMs, toMs: one.fromMs });
      atMs = Math.max(atMs, one.toMs);
    }
    if (atMs < toMs) out.push({ fromMs: atMs, toMs });
  }
  return out;
}

/** The part of each that lies in a range. */
export function cutTo<T extends Range>(spans: readonly T[], { fromMs, toMs }: Range): T[] {
  return spans.filter((span) => span.toMs > fromMs && span.fromMs < toMs).map((span) => ({
    ...span,
    fromMs: Math.max(fromMs, span.fromMs),
    toMs: Math.min(toMs, span.toMs),
  }));
}

/** How long each state lasted, in ms. */
export function lastedIn(spans: readonly StateSpan[]): Record<PastStatus, number> {
  const sums = { normal: 0, warning: 0, critical: 0, offline: 0, unknown: 0, maintenance: 0 };
  for (const { fromMs, toMs, state } of spans) sums[state] += toMs - fromMs;
  return sums;
}

const WORST: readonly PastStatus[] = [
  "critical",
  "warning",
  "maintenance",
  "offline",
  "unknown",
  "normal",
];

/** At most so many, for drawing: of stretches that are too short to be seen, the worst state stands. */
export function coarse(spans: readonly StateSpan[], most: number): StateSpan[] {
  const [first] = spans;
  if (spans.length <= most || first === undefined) return [...spans];
  const fromMs = first.fromMs, toMs = spans.at(-1)!.toMs;
  const widthMs = (toMs - fromMs) / most;
  const worst: PastStatus[] = [];
  for (const span of spans) {
    const last = Math.min(most - 1, Math.ceil((span.toMs - fromMs) / widthMs) - 1);
    for (let i = Math.floor((span.fromMs - fromMs) / widthMs); i <= last; i++) {
      const before = worst[i];
      if (before === undefined || WORST.indexOf(span.state) < WORST.indexOf(before)) {
        worst[i] = span.state;
      }
    }
  }
  const out: StateSpan[] = [];
  worst.forEach((state, i) =>
    add(out, {
      fromMs: Math.round(fromMs + i * widthMs),
      toMs: i === most - 1 ? toMs : Math.round(fromMs + (i + 1) * widthMs),
      state,
    })
  );
  return out;
}
