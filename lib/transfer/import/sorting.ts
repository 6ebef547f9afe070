/** Puts readings in time order; those of one time stay as they are. Files are mostly in order, or few runs are. */

/** The order of `tMs`: indices; null: it is in order. */
export function timeOrder(tMs: Float64Array): Uint32Array | null {
  const bounds = runsOf(tMs);
  if (bounds.length <= 2) return null;
  let from = Uint32Array.from(tMs, (_, i) => i);
  let to = new Uint32Array(tMs.length);
  let runs = bounds;
  while (runs.length > 2) {
    const merged = [0];
    for (let r = 0; r + 1 < runs.length; r += 2) {
      const end = runs[Math.min(r + 2, runs.length - 1)];
      mergeRuns(tMs, from, to, runs[r], runs[r + 1], end);
      merged.push(end);
    }
    [from, to] = [to, from];
    runs = merged;
  }
  return from;
}

/** Where stretches that are in order begin, and the end. */
function runsOf(tMs: Float64Array): number[] {
  const bounds = [0];
  for (let i = 1; i < tMs.length; i++) if (tMs[i] < tMs[i - 1]) bounds.push(i);
  bounds.push(tMs.length);
  return bounds;
}

/** Merges `[a, b)` and `[b, end)` of `from` into `to`. */
function mergeRuns(
  tMs: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  a: number,
  b: number,
  end: number,
): void {
  let [left, right] = [a, b];
  for (let at = a; at < end; at++) {
    const takesLeft = right >= end || (left < b && tMs[from[left]] <= tMs[from[right]]);
    to[at] = from[takesLeft ? left++ : right++];
  }
}
