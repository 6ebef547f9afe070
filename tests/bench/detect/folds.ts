/**
 * The NAB metric in process, for what the scorer does not print: cross-validation over files, each
 * fold judged with the threshold that is best on the other folds. Written from the published
 * definition; `nab.ts` compares its plain result with the scorer's and says so when they differ.
 */

/** One file's scores and its labelled windows as row ranges. */
export interface Scored {
  scores: Float64Array;
  windows: { from: number; to: number }[];
}

export const PROFILES = {
  standard: { tp: 1, fp: 0.11, fn: 1 },
  low_fp: { tp: 1, fp: 0.22, fn: 1 },
  low_fn: { tp: 1, fp: 0.11, fn: 2 },
} as const;
export type Profile = keyof typeof PROFILES;

/** What changes the raw score of a file when the threshold falls to `score`. */
export interface Event {
  score: number;
  gain: number;
}

const curve = (x: number) => x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1;

/** Rows past probation that change the raw score when the threshold falls to theirs, best first; windows that end past it. */
export function events(file: Scored, profile: Profile): { events: Event[]; live: number } {
  const { scores, windows } = file;
  const { tp, fp, fn } = PROFILES[profile];
  const n = scores.length;
  const firstLive = firstLiveOf(n);
  const order: number[] = [];
  for (let i = firstLive; i < n; i++) if (scores[i] > 0) order.push(i);
  order.sort((a, b) => scores[b] - scores[a]);
  const best = new Map<number, number>();
  const found: Event[] = [];
  for (const i of order) {
    let inside = -1, before = -1;
    windows.forEach((w, k) => {
      if (i >= w.from && i <= w.to) inside = k;
      if (w.to < i) before = k;
    });
    if (inside >= 0) {
      const { from, to } = windows[inside];
      const gain = tp * curve(-(to - i + 1) / (to - from + 1)) / curve(-1);
      const had = best.get(inside) ?? -fn;
      if (gain <= had) continue;
      best.set(inside, gain);
      found.push({ score: scores[i], gain: gain - had });
    } else if (before < 0) found.push({ score: scores[i], gain: -fp });
    else {
      const { from, to } = windows[before];
      found.push({ score: scores[i], gain: fp * curve((i - to) / (to - from)) });
    }
  }
  return { events: found, live: windows.filter((w) => w.to >= firstLive).length };
}

function bestThreshold(files: readonly Event[][]): number {
  const all = files.flat().sort((a, b) => b.score - a.score);
  let run = 0, best = 0, threshold = Infinity;
  for (let i = 0; i < all.length; i++) {
    run += all[i].gain;
    const last = i + 1 === all.length || all[i + 1].score !== all[i].score;
    if (last && run > best) {
      best = run;
      threshold = all[i].score;
    }
  }
  return threshold;
}

/** The first row that counts: what is before is for learning. */
export const firstLiveOf = (rows: number) => Math.ceil(Math.min(Math.floor(0.15 * rows), 750));

export const rawAt = (file: readonly Event[], threshold: number) =>
  file.reduce((sum, e) => e.score >= threshold ? sum + e.gain : sum, 0);

/** Normalised score with the best threshold, and the mean of repeated k-fold cross-validation. */
export function judge(
  files: readonly Scored[],
  profile: Profile,
  folds = 5,
  repeats = 20,
): { score: number; crossValidated: number; threshold: number } {
  const parts = files.map((file) => events(file, profile));
  const windows = files.reduce((sum, file) => sum + file.windows.length, 0);
  const live = parts.reduce((sum, part) => sum + part.live, 0);
  const range = PROFILES[profile].tp * windows + PROFILES[profile].fn * live;
  const total = (list: readonly Event[][], threshold: number) =>
    list.reduce((sum, file) => sum + rawAt(file, threshold), 0);
  const all = parts.map((part) => part.events);
  const threshold = bestThreshold(all);
  let cross = 0, seed = 12345;
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (let r = 0; r < repeats; r++) {
    const order = all.map((_, i) => ({ i, at: random() })).sort((a, b) => a.at - b.at);
    for (let k = 0; k < folds; k++) {
      const kept = order.filter((_, j) => j % folds !== k).map(({ i }) => all[i]);
      const out = order.filter((_, j) => j % folds === k).map(({ i }) => all[i]);
      cross += total(out, bestThreshold(kept)) / repeats;
    }
  }
  return {
    score: 100 * total(all, threshold) / range,
    crossValidated: 100 * cross / range,
    threshold,
  };
}
