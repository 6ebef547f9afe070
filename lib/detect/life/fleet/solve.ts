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
