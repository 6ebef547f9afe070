/** `0 of 500 (95 %: fewer than 0.6 %)`: what never happened in `n` tries happens less often than in 3 of them. */
export const noneOf = (n: number): string =>
  `0 of ${n} (95 %: fewer than ${Number(Math.min(100, 300 / n).toPrecision(2))} %)`;
