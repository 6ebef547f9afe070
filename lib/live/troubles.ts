/** Something that is wrong with a part of Perch, for as long as it is. */
export interface Trouble {
  /** `error`: it does not do its work; `degraded`: it does, and somebody should look. */
  health: "degraded" | "error";
  /** A sentence for people: what, where, and what to do. */
  detail: string;
}

/** What is wrong with one part, reported by each of those who watch over it. */
export interface Troubles<Name extends string> {
  /** Sets what the watcher `name` has to say; null: all is well again. */
  say(name: Name, trouble: Trouble | null): void;
  /** The one that stands for the part: errors first, then in the order of the names. Null: none. */
  worst(): (Trouble & { name: Name }) | null;
  all(): (Trouble & { name: Name })[];
}

/** @param names all watchers, the most important first */
export function createTroubles<Name extends string>(names: readonly Name[]): Troubles<Name> {
  const reports = new Map<Name, Trouble>();
  const all = () =>
    names.flatMap((name) => {
      const trouble = reports.get(name);
      return trouble === undefined ? [] : [{ name, ...trouble }];
    });
  return {
    say(name, trouble) {
      if (trouble === null) reports.delete(name);
      else reports.set(name, trouble);
    },
    worst() {
      const list = all();
      return list.find(({ health }) => health === "error") ?? list[0] ?? null;
    },
    all,
  };
}
