/** A stream of two inputs, some of whose readings come late, and what has to be computed from it. */
const START_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 500;
/** Every so many readings one comes late, by so many steps. */
const LATE_EVERY = 5;
const LATE_BY = 9;
/** Moments that are sent together. */
const TOGETHER = 3;

export interface Input {
  sensor: string;
  tMs: number;
  value: number;
}

/** Whole numbers and a step of half a second: sums of them are exact, in whatever order. */
export function inputOf(name: "a" | "b", i: number): Input {
  const value = name === "a" ? ((i * 7) % 23) * 7_200 : (i * 5) % 17;
  return { sensor: `m/${name}`, tMs: START_MS + i * STEP_MS, value };
}

const isLate = (i: number) => i % LATE_EVERY === LATE_EVERY - 1;

/** In the order in which they are sent. */
export function groupsOf(to: number): Input[][] {
  const groups: Input[][] = [];
  for (let i = 0; i < to + LATE_BY; i++) {
    const group: Input[] = [];
    const late = i - LATE_BY;
    if (late >= 0 && late < to && isLate(late)) group.push(inputOf("a", late));
    if (i < to) group.push(...isLate(i) ? [inputOf("b", i)] : [inputOf("a", i), inputOf("b", i)]);
    groups.push(group);
  }
  return Array.from(
    { length: Math.ceil(groups.length / TOGETHER) },
    (_, i) => groups.slice(i * TOGETHER, (i + 1) * TOGETHER).flat(),
  );
}

/** By the plainest means. */
export function resultsFor(to: number): Record<"total" | "sum", [number, number][]> {
  const [total, sum]: [number, number][][] = [[], []];
  let counted = 0;
  for (let i = 0; i < to; i++) {
    const a = inputOf("a", i);
    if (i > 0) counted += (inputOf("a", i - 1).value + a.value) / 2 * STEP_MS / 3_600_000;
    total.push([a.tMs, counted]);
    sum.push([a.tMs, a.value + inputOf("b", i).value]);
  }
  return { total, sum };
}
