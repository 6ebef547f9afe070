/** How far readings may lie apart and still be joined by a line. Pure. */

/** As charts of pages have it: so many buckets, so many times the usual distance. */
const BUCKETS = 2.5, USUAL = 3.5;

/** What is usual is set by a person, or is the middle of the distances that there are. */
export function gapOf(tMs: Float64Array, bucketMs: number, expectedMs: number | null): number {
  return Math.max(BUCKETS * bucketMs, USUAL * (expectedMs ?? middleDistance(tMs)));
}

function middleDistance(tMs: Float64Array): number {
  if (tMs.length < 3) return 0;
  const distances = new Float64Array(tMs.length - 1);
  for (let i = 0; i < distances.length; i++) distances[i] = tMs[i + 1] - tMs[i];
  return distances.sort()[distances.length >> 1];
}
