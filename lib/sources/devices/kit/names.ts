/** What sensors of a device are called, so that no two are called alike. */

/** What a new sensor could be called, the most natural name first. */
export interface Wanted {
  names: readonly string[];
  /** What it would be called if there were no other of its kind: what comes with it is not called so either. */
  alike?: string;
}

/** The name of each of several new sensors: its first that neither another of them wants nor one that is there has. */
export function chosenNames(wanted: readonly Wanted[], taken: readonly string[]): string[] {
  const used = new Set(taken.map(plain));
  const asked = new Map<string, number>();
  for (const { names: [first], alike = first } of wanted) {
    asked.set(plain(alike), (asked.get(plain(alike)) ?? 0) + 1);
  }
  return wanted.map(({ names }) => {
    const alone = (asked.get(plain(names[0])) ?? 0) < 2;
    const choices = alone || names.length < 2 ? names : names.slice(1);
    const name = choices.find((one) => !used.has(plain(one))) ??
      numbered(choices[choices.length - 1], used);
    used.add(plain(name));
    return name;
  });
}

function numbered(name: string, used: ReadonlySet<string>): string {
  for (let i = 2;; i++) if (!used.has(plain(`${name} ${i}`))) return `${name} ${i}`;
}

const plain = (name: string) => name.toLowerCase();

/** `DewPoint`, `dew_point` → `Dew point`; short forms in capitals stay (`PM2.5`, `eCO2`). */
export function spoken(key: string): string {
  const words = key.replaceAll("_", " ").replace(/([a-z])([A-Z][a-z])/g, "$1 $2").trim()
    .split(/\s+/);
  return words.map((word, i) => {
    if (/[A-Z].*[A-Z]|\d/.test(word)) return word;
    const low = word.toLowerCase();
    return i === 0 ? low.charAt(0).toUpperCase() + low.slice(1) : low;
  }).join(" ");
}
