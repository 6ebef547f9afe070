/**
 * Isolation forest (Liu, Ting, Zhou 2008) in typed arrays.
 *
 * A tree splits a small sample at random places until rows stand alone; odd rows stand alone after
 * few splits. Score = 2^(-mean path length / c(sample)): near 1 is odd, below 0.5 is usual.
 * All nodes of all trees lie in flat arrays, children side by side, so scoring is index arithmetic.
 */
import { StateError, StateReader, StateWriter } from "../bytes.ts";

const NAME = "isolation-forest";
const VERSION = 1;

export interface ForestOptions {
  readonly trees: number;
  /** Rows per tree. More than a few hundred gain nothing. */
  readonly sample: number;
  readonly seed: number;
}

export const FOREST_DEFAULTS: ForestOptions = { trees: 100, sample: 256, seed: 1 };

/** Mean path length of an unsuccessful search among `n` rows: what a leaf of `n` rows would add. */
export function meanPath(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - 2 * (n - 1) / n;
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let s = seed | 0;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class IsolationForest {
  private constructor(
    readonly columns: number,
    /** Rows each tree was grown on. */
    readonly sample: number,
    /** First node of each tree. */
    readonly roots: Int32Array,
    /** Column a node splits on; -1: a leaf. */
    readonly column: Int32Array,
    /** Left when the value is at most this; in a leaf its path length. */
    readonly at: Float64Array,
    /** Left child; the right one is next to it. */
    readonly left: Int32Array,
  ) {}

  /** Grows a forest on `rows` rows of `columns` finite numbers, row by row in `data`. */
  static fit(
    data: Float64Array,
    rows: number,
    columns: number,
    options: Partial<ForestOptions> = {},
  ): IsolationForest {
    const { trees, sample: wanted, seed } = { ...FOREST_DEFAULTS, ...options };
    if (rows < 2 || columns < 1 || data.length < rows * columns) {
      throw new RangeError(`a forest needs at least two rows, there are ${rows}`);
    }
    const sample = Math.min(wanted, rows);
    const random = randomFrom(seed);
    const room = trees * (2 * sample - 1);
    const grower = new Grower(data, columns, sample, room, random);
    const roots = new Int32Array(trees);
    const order = Int32Array.from({ length: rows }, (_, i) => i);
    for (let t = 0; t < trees; t++) {
      for (let i = 0; i < sample; i++) {
        const j = i + Math.floor(random() * (rows - i));
        const held = order[i];
        order[i] = order[j];
        order[j] = held;
      }
      roots[t] = grower.grow(order);
    }
    const n = grower.used;
    return new IsolationForest(
      columns,
      sample,
      roots,
      grower.column.slice(0, n),
      grower.at.slice(0, n),
      grower.left.slice(0, n),
    );
  }

  /** Scores `rows` rows into `out`. Numbers that are not finite count as far to the right. */
  score(data: Float64Array, rows: number, out = new Float64Array(rows)): Float64Array {
    const { columns, roots, column, at, left } = this;
    const paths = out.fill(0);
    // Tree by tree: a tree's nodes stay in the cache while all rows pass through it.
    for (let t = 0; t < roots.length; t++) {
      const root = roots[t];
      for (let r = 0, base = 0; r < rows; r++, base += columns) {
        let node = root, c = column[node];
        while (c >= 0) {
          node = left[node] + (data[base + c] <= at[node] ? 0 : 1);
          c = column[node];
        }
        paths[r] += at[node];
      }
    }
    const scale = -1 / (roots.length * (meanPath(this.sample) || 1));
    for (let r = 0; r < rows; r++) out[r] = 2 ** (paths[r] * scale);
    return out;
  }

  save(): Uint8Array {
    return new StateWriter(NAME, VERSION, 64 + 16 * this.column.length)
      .u32(this.columns).u32(this.sample).u32(this.roots.length).u32(this.column.length)
      .i32s(this.roots).i32s(this.column).f64s(this.at).i32s(this.left).done();
  }

  static load(bytes: Uint8Array): IsolationForest {
    const r = new StateReader(bytes, NAME, VERSION);
    const columns = r.u32(), sample = r.u32(), trees = r.u32(), nodes = r.u32();
    if (trees > 10_000 || nodes > bytes.length) throw new StateError("forest is damaged");
    const forest = new IsolationForest(
      columns,
      sample,
      r.i32s(new Int32Array(trees)),
      r.i32s(new Int32Array(nodes)),
      r.f64s(new Float64Array(nodes)),
      r.i32s(new Int32Array(nodes)),
    );
    r.end();
    const sound = forest.roots.every((root) => root >= 0 && root < nodes) &&
      forest.column.every((c, i) =>
        c < 0 || (c < columns && forest.left[i] > i && forest.left[i] + 1 < nodes)
      );
    if (!sound) throw new StateError("forest is damaged");
    return forest;
  }
}

class Grower {
  readonly column: Int32Array;
  readonly at: Float64Array;
  readonly left: Int32Array;
  used = 0;
  readonly #depthLimit: number;
  readonly #rows: Int32Array;
  readonly #tried: Int32Array;
  /** Where the split that `#choose` found lies. */
  #place = 0;

  constructor(
    private readonly data: Float64Array,
    private readonly columns: number,
    private readonly sample: number,
    room: number,
    private readonly random: () => number,
  ) {
    this.column = new Int32Array(room);
    this.at = new Float64Array(room);
    this.left = new Int32Array(room);
    this.#depthLimit = Math.ceil(Math.log2(Math.max(sample, 2)));
    this.#rows = new Int32Array(sample);
    this.#tried = Int32Array.from({ length: columns }, (_, i) => i);
  }

  /** Grows one tree on the first `sample` entries of `order`; its root. */
  grow(order: Int32Array): number {
    this.#rows.set(order.subarray(0, this.sample));
    const root = this.used++;
    this.#split(root, 0, this.sample, 0);
    return root;
  }

  #split(node: number, from: number, to: number, depth: number): void {
    const column = depth < this.#depthLimit && to - from > 1 ? this.#choose(from, to) : -1;
    this.column[node] = column;
    if (column < 0) {
      this.at[node] = depth + meanPath(to - from);
      return;
    }
    const at = this.at[node] = this.#place;
    const { data, columns } = this, rows = this.#rows;
    let low = from, high = to - 1;
    while (low <= high) {
      const row = rows[low];
      if (data[row * columns + column] <= at) low++;
      else {
        rows[low] = rows[high];
        rows[high--] = row;
      }
    }
    const child = this.used;
    this.left[node] = child;
    this.used += 2;
    this.#split(child, from, low, depth + 1);
    this.#split(child + 1, low, to, depth + 1);
  }

  /** A random column that varies here, with a random place between its extremes; or -1. */
  #choose(from: number, to: number): number {
    const { data, columns, random } = this, rows = this.#rows, tried = this.#tried;
    for (let left = columns; left > 0; left--) {
      const pick = Math.floor(random() * left), column = tried[pick];
      tried[pick] = tried[left - 1];
      tried[left - 1] = column;
      let min = Infinity, max = -Infinity;
      for (let i = from; i < to; i++) {
        const x = data[rows[i] * columns + column];
        if (x < min) min = x;
        if (x > max) max = x;
      }
      if (!(max > min)) continue;
      const place = min + random() * (max - min);
      // Rounding must not put every row on one side.
      this.#place = place < max ? place : min;
      return column;
    }
    return -1;
  }
}
