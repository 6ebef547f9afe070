/**
 * Gradient boosted regression trees over histograms. Each tree is grown level by level on a share of the rows and of
 * the features; its leaves step along the loss's gradient.
 */
import { StateError, type StateReader, type StateWriter } from "../../bytes.ts";
import { randomFrom } from "../../forest/isolation.ts";

export interface BoostOptions {
  trees: number;
  depth: number;
  /** Share of a tree's step that is taken. */
  rate: number;
  /** Share of rows and of features that each tree sees. */
  rowShare: number;
  featureShare: number;
  /** Rows that a leaf has at least. */
  leaf: number;
  /** Weight of a guess above the truth, relative to one below: above 1 leans early. */
  above: number;
  seed: number;
}

/** Rows of features, one after the other. */
export interface Table {
  data: Float64Array;
  rows: number;
  columns: number;
}

/** Trees one after the other: node `n` of one has the children `2n + 1` and `2n + 2`. */
export interface Boosted {
  base: number;
  depth: number;
  trees: number;
  /** -1: a leaf. */
  feature: Int16Array;
  /** What goes left is not above it; of a leaf: its value. */
  at: Float64Array;
}

const BINS = 64;
const RIDGE = 1;

/** Learns `target` from `table`. */
export function boost(table: Table, target: Float64Array, options: BoostOptions): Boosted {
  const { rows, columns } = table;
  const { trees, depth, rate, above } = options;
  const random = randomFrom(options.seed);
  const cuts = Array.from({ length: columns }, (_, c) => cutsOf(table, c));
  const bins = cuts.map((own, c) => binned(table, c, own));
  const nodes = nodesOf(depth);
  const model: Boosted = {
    base: mean(target),
    depth,
    trees,
    feature: new Int16Array(trees * nodes).fill(-1),
    at: new Float64Array(trees * nodes),
  };
  const guess = new Float64Array(rows).fill(model.base);
  const slope = new Float64Array(rows), weight = new Float64Array(rows);
  const node = new Int32Array(rows);
  const everyColumn = Int32Array.from({ length: columns }, (_, c) => c);
  const seen = new Int32Array(rows);
  for (let t = 0; t < trees; t++) {
    for (let r = 0; r < rows; r++) {
      const off = guess[r] - target[r];
      weight[r] = off > 0 ? above : 1;
      slope[r] = weight[r] * off;
    }
    let count = 0;
    for (let r = 0; r < rows; r++) if (random() < options.rowShare) seen[count++] = r;
    const some = drawn(
      everyColumn,
      Math.max(1, Math.round(options.featureShare * columns)),
      random,
    );
    node.fill(0);
    growTree(model, t * nodes, {
      bins,
      cuts,
      some,
      seen: seen.subarray(0, count),
      slope,
      weight,
      node,
      depth,
      rate,
      leaf: options.leaf,
    });
    for (let r = 0; r < rows; r++) guess[r] += model.at[t * nodes + node[r]];
  }
  return model;
}

interface Growing {
  bins: readonly Uint8Array[];
  cuts: readonly Float64Array[];
  /** Features and rows that this tree sees. */
  some: Int32Array;
  seen: Int32Array;
  /** Of each row: the loss's gradient, its weight, and the node that it is in. */
  slope: Float64Array;
  weight: Float64Array;
  node: Int32Array;
  depth: number;
  rate: number;
  leaf: number;
}

interface Splits {
  gain: Float64Array;
  feature: Int32Array;
  bin: Int32Array;
}

function growTree(model: Boosted, root: number, g: Growing): void {
  const { cuts, bins, node } = g;
  const sums = histograms(2 ** g.depth);
  for (let level = 0; level < g.depth; level++) {
    const first = 2 ** level - 1, width = 2 ** level;
    const best: Splits = {
      gain: new Float64Array(width).fill(1e-9),
      feature: new Int32Array(width).fill(-1),
      bin: new Int32Array(width),
    };
    for (const c of g.some) {
      fill(sums, c, first, width, g);
      for (let n = 0; n < width; n++) bestSplit(sums, n, c, cuts[c].length, g.leaf, best);
    }
    for (let n = 0; n < width; n++) {
      if (best.feature[n] < 0) continue;
      model.feature[root + first + n] = best.feature[n];
      model.at[root + first + n] = cuts[best.feature[n]][best.bin[n]];
    }
    for (let r = 0; r < node.length; r++) {
      const n = node[r] - first;
      if (n < 0 || best.feature[n] < 0) continue;
      node[r] = 2 * node[r] + (bins[best.feature[n]][r] <= best.bin[n] ? 1 : 2);
    }
  }
  fillLeaves(model, root, g);
}

interface Histograms {
  slope: Float64Array;
  weight: Float64Array;
  count: Int32Array;
}

function histograms(nodes: number): Histograms {
  return {
    slope: new Float64Array(nodes * BINS),
    weight: new Float64Array(nodes * BINS),
    count: new Int32Array(nodes * BINS),
  };
}

/** Sums of one feature's bins in each node of a level. */
function fill(sums: Histograms, c: number, first: number, width: number, g: Growing): void {
  const { seen, node, slope, weight } = g;
  const bin = g.bins[c];
  for (const list of [sums.slope, sums.weight, sums.count]) list.fill(0, 0, width * BINS);
  for (let i = 0; i < seen.length; i++) {
    const r = seen[i], n = node[r] - first;
    if (n < 0) continue;
    const h = n * BINS + bin[r];
    sums.slope[h] += slope[r];
    sums.weight[h] += weight[r];
    sums.count[h]++;
  }
}

/** Keeps in `best` where feature `c` parts node `n` better than what was found before. */
function bestSplit(
  sums: Histograms,
  n: number,
  c: number,
  cuts: number,
  leaf: number,
  best: Splits,
): void {
  let s = 0, w = 0, k = 0;
  for (let h = n * BINS; h < (n + 1) * BINS; h++) {
    s += sums.slope[h];
    w += sums.weight[h];
    k += sums.count[h];
  }
  if (k < 2 * leaf) return;
  const whole = s * s / (w + RIDGE);
  let ls = 0, lw = 0, lk = 0;
  for (let b = 0; b < cuts; b++) {
    ls += sums.slope[n * BINS + b];
    lw += sums.weight[n * BINS + b];
    lk += sums.count[n * BINS + b];
    if (lk < leaf) continue;
    if (k - lk < leaf) break;
    const gain = ls * ls / (lw + RIDGE) + (s - ls) ** 2 / (w - lw + RIDGE) - whole;
    if (gain <= best.gain[n]) continue;
    best.gain[n] = gain;
    best.feature[n] = c;
    best.bin[n] = b;
  }
}

/** Each leaf steps against the gradient of the rows in it. */
function fillLeaves(model: Boosted, root: number, g: Growing): void {
  const nodes = nodesOf(g.depth);
  const total = new Float64Array(nodes), heavy = new Float64Array(nodes);
  for (let i = 0; i < g.seen.length; i++) {
    const r = g.seen[i];
    total[g.node[r]] += g.slope[r];
    heavy[g.node[r]] += g.weight[r];
  }
  for (let n = 0; n < nodes; n++) {
    if (model.feature[root + n] >= 0 || heavy[n] === 0) continue;
    model.at[root + n] = -g.rate * total[n] / (heavy[n] + RIDGE);
  }
}

/** Nodes of a whole tree. */
function nodesOf(depth: number): number {
  return 2 ** (depth + 1) - 1;
}

export function writeBoosted(w: StateWriter, model: Boosted): void {
  w.f64(model.base).u32(model.depth).u32(model.trees)
    .i32s(Int32Array.from(model.feature)).f64s(model.at);
}

/** @throws StateError */
export function readBoosted(r: StateReader, columns: number): Boosted {
  const base = r.f64(), depth = r.u32(), trees = r.u32();
  if (depth < 1 || depth > 12 || trees > 5000) throw new StateError("boosted trees are damaged");
  const size = trees * nodesOf(depth);
  const feature = Int16Array.from(r.i32s(new Int32Array(size)));
  const at = r.f64s(new Float64Array(size));
  const leaves = nodesOf(depth - 1);
  if (feature.some((c, i) => c >= columns || c >= 0 && i % nodesOf(depth) >= leaves)) {
    throw new StateError("boosted trees are damaged");
  }
  return { base, depth, trees, feature, at };
}

/** What the trees say of one row. */
export function boosted(model: Boosted, row: Float64Array, from = 0): number {
  const nodes = nodesOf(model.depth);
  let sum = model.base;
  for (let root = 0; root < model.feature.length; root += nodes) {
    let n = 0;
    for (;;) {
      const c = model.feature[root + n];
      if (c < 0) break;
      n = 2 * n + (row[from + c] <= model.at[root + n] ? 1 : 2);
    }
    sum += model.at[root + n];
  }
  return sum;
}

/** At most 63 values that part a column into bins of like size. */
function cutsOf({ data, rows, columns }: Table, column: number): Float64Array {
  const sorted = new Float64Array(rows);
  for (let r = 0; r < rows; r++) sorted[r] = data[r * columns + column];
  sorted.sort();
  const cuts: number[] = [];
  for (let b = 1; b < BINS; b++) {
    const at = Math.floor(b * rows / BINS);
    const low = sorted[Math.max(0, at - 1)], high = sorted[at];
    const cut = (low + high) / 2;
    if (high > low && cut > (cuts.at(-1) ?? -Infinity)) cuts.push(cut);
  }
  return Float64Array.from(cuts);
}

function binned({ data, rows, columns }: Table, column: number, cuts: Float64Array): Uint8Array {
  const bins = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    const x = data[r * columns + column];
    let low = 0, high = cuts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x <= cuts[middle]) high = middle;
      else low = middle + 1;
    }
    bins[r] = low;
  }
  return bins;
}

/** The first `count` of a shuffled list. */
function drawn(list: Int32Array, count: number, random: () => number): Int32Array {
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (list.length - i));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list.slice(0, count);
}

function mean(list: Float64Array): number {
  return list.reduce((sum, x) => sum + x, 0) / list.length;
}
