/** One look: when, and what was seen. */
export interface Look {
  atMs: number;
  value: number;
}

/** How much a value grows in a minute, by least squares. At least two looks at different times. */
export function perMinute(looks: readonly Look[]): number {
  const mean = (of: (look: Look) => number) =>
    looks.reduce((sum, look) => sum + of(look), 0) / looks.length;
  const atMs = mean((look) => look.atMs);
  const value = mean((look) => look.value);
  let both = 0;
  let square = 0;
  for (const look of looks) {
    both += (look.atMs - atMs) * (look.value - value);
    square += (look.atMs - atMs) ** 2;
  }
  return both / square * 60_000;
}

/** How much more the last third of the values is than the first: the median of each, so that one look is nothing. */
export function growth(values: readonly number[]): number {
  const third = Math.max(1, Math.floor(values.length / 3));
  return middle(values.slice(-third)) - middle(values.slice(0, third));
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
