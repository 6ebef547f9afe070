/** Names that are almost the same. Pure. */

/** How many letters have to be added, removed, changed or swapped with their neighbour. */
export function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, rows[i - 2][j - 2] + 1);
      }
      rows[i][j] = least;
    }
  }
  return rows[a.length][b.length];
}

/** Those of the names that somebody may have meant, the nearest first. */
export function nearNames(name: string, names: Iterable<string>): string[] {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[_$]/g, "");
  const far = (other: string) => {
    if (plain(name) === plain(other)) return 0.5;
    const steps = distance(name.toLowerCase(), other.toLowerCase());
    const most = Math.min(3, Math.max(1, Math.floor(Math.max(name.length, other.length) / 3)));
    return steps <= most && steps < Math.min(name.length, other.length) ? steps : Infinity;
  };
  return [...new Set(names)]
    .filter((other) => other !== name)
    .map((other) => ({ other, far: far(other) }))
    .filter(({ far }) => far < Infinity)
    .sort((a, b) => a.far - b.far || (a.other < b.other ? -1 : 1))
    .map(({ other }) => other);
}
