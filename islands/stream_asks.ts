/**
 * What pages ask of the one stream that they share, put together, and which of its events each of them still has
 * to hear. Pure.
 */

/** Parameters of `GET /api/stream`, as a page gives them. */
export type StreamAsk = Readonly<Record<string, string>>;

/** What is asked; null for all there is. */
interface Wanted {
  /** Whose pages they are: what they hear is the same person's. */
  person: string | null;
  types: ReadonlySet<string> | null;
  /** Whose readings: `sensor=…` and `machine=…`, of one page alone; two pages that differ get all. */
  whose: string | null;
}

const ALL = "";

function wantedOf({ types, person, ...more }: StreamAsk): Wanted {
  const whose = new URLSearchParams(more);
  whose.delete("last_event_id");
  whose.sort();
  const set = types === undefined ? null : new Set(types.split(","));
  const reads = set === null || set.has("reading");
  return { person: person ?? null, types: set, whose: reads ? whose.toString() : null };
}

/** One ask that gives each of these pages what it asks for, in one fixed way of writing. */
export function unionOf(asks: Iterable<StreamAsk>): string {
  let types: Set<string> | null = new Set();
  let whose: string | null = null;
  let person: string | null = null;
  for (const ask of asks) {
    const wanted = wantedOf(ask);
    person ??= wanted.person;
    types = types === null || wanted.types === null ? null : types.union(wanted.types);
    if (wanted.whose === null) continue;
    whose = whose === null || whose === wanted.whose ? wanted.whose : ALL;
  }
  const query = new URLSearchParams(whose ?? ALL);
  if (types !== null) query.set("types", [...types].sort().join(","));
  if (person !== null) query.set("person", person);
  return query.toString();
}

/** Whether a stream that was asked for with `open` brings what `ask` wants. */
export function brings(open: string, ask: StreamAsk): boolean {
  const there = wantedOf(Object.fromEntries(new URLSearchParams(open)));
  const wanted = wantedOf(ask);
  if (there.person !== wanted.person) return false;
  if (there.types !== null) {
    if (wanted.types === null || !wanted.types.isSubsetOf(there.types)) return false;
  }
  return wanted.whose === null || there.whose === ALL || there.whose === wanted.whose;
}

/** Whether a page that asks so hears events of this type. */
export function hears({ types }: StreamAsk, type: string): boolean {
  return types === undefined || types.split(",").includes(type);
}

/** An event's id: which run of Perch, and the number in it. */
export interface Place {
  boot: string;
  n: number;
}

export function placeOf(id: string): Place | null {
  const dash = id.lastIndexOf("-");
  const n = Number(id.slice(dash + 1));
  return dash > 0 && Number.isSafeInteger(n) ? { boot: id.slice(0, dash), n } : null;
}
