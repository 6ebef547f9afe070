/** The little linear algebra that whitening needs. Matrices are square, row by row in one array. */

/** q-quantile (0..1) by linear interpolation. `sorted` must be ascending and not empty. */
export function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1), low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** One column of a row-by-row table. */
export function columnOf(
  data: Float64Array,
  rows: number,
  columns: number,
  column: number,
): Float64Array {
  const out = new Float64Array(rows);
  for (let r = 0; r < rows; r++) out[r] = data[r * columns + column];
  return out;
}

export interface Spread {
  /** Median. */
  centre: number;
  /** Standard deviation, but no more than three times the robust one where that is not zero. */
  scale: number;
}

/** Location and scale that a few wild values do not move far. `values` must not be empty. */
export function robustSpread(values: Float64Array): Spread {
  const n = values.length;
  const sorted = values.slice().sort();
  const centre = quantile(sorted, 0.5);
  const mad = 1.4826 * quantile(values.map((x) => Math.abs(x - centre)).sort(), 0.5);
  let mean = 0, squares = 0;
  for (const x of values) mean += x / n;
  for (const x of values) squares += (x - mean) ** 2 / n;
  const deviation = Math.sqrt(squares);
  return { centre, scale: mad > 0 ? Math.min(deviation, 3 * mad) : deviation };
}

/** Covariance of the columns of a row-by-row table. */
export function covariance(data: Float64Array, rows: number, columns: number): Float64Array {
  const mean = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) mean[c] += data[r * columns + c] / rows;
  }
  const cov = new Float64Array(columns * columns);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < columns; i++) {
      const a = data[r * columns + i] - mean[i];
      for (let j = 0; j <= i; j++) cov[i * columns + j] += a * (data[r * columns + j] - mean[j]);
    }
  }
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j <= i; j++) {
      cov[j * columns + i] = cov[i * columns + j] /= Math.max(1, rows - 1);
    }
  }
  return cov;
}

export interface Eigen {
  /** Largest first. */
  values: Float64Array;
  /** Row k is the vector of value k. */
  vectors: Float64Array;
}

/** Eigenvalues and vectors of a symmetric matrix by cyclic Jacobi rotations. */
export function eigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0, on = 0;
    for (let i = 0; i < n; i++) {
      on += a[i * n + i] ** 2;
      for (let j = 0; j < i; j++) off += a[i * n + j] ** 2;
    }
    if (off <= 1e-24 * on) break;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, k) => {
    for (let i = 0; i < n; i++) vectors[k * n + i] = v[from * n + i];
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

/** Makes a[p][q] zero; the rows of `v` collect the rotations. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q];
  if (apq === 0) return;
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1), s = t * c;
  for (let k = 0; k < n; k++) {
    const x = a[k * n + p], y = a[k * n + q];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const x = a[p * n + k], y = a[q * n + k];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
    const u = v[p * n + k], w = v[q * n + k];
    v[p * n + k] = c * u - s * w;
    v[q * n + k] = s * u + c * w;
  }
}

/** The lower factor L of a positive definite matrix (its lower half is read): matrix = L Lᵀ. */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / l[j * n + j];
    }
  }
  return l;
}

/** Solves L x = b for a lower factor; `b` becomes x. */
export function solveLower(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[i * n + k] * b[k];
    b[i] = sum / l[i * n + i];
  }
}

/** Solves `a · x = b` for a symmetric matrix with a positive diagonal (Gauss); both are left as they are. */
export function solve(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length, m = a.slice(), x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const factor = m[j * n + i] / m[i * n + i];
      for (let k = i; k < n; k++) m[j * n + k] -= factor * m[i * n + k];
      x[j] -= factor * x[i];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= m[i * n + k] * x[k];
    x[i] /= m[i * n + i];
  }
  return x;
}
