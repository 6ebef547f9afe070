/** Rules that may start themselves again: what one orders is what another listens to. Pure. */

export interface Link {
  name: string;
  /** The sensor that it listens to; null: none. */
  from: number | null;
  /** The sensor that shows what it orders; null: none. */
  to: number | null;
}

/** The names along a circle through `start`, itself first; null: there is none. */
export function circleOf(start: Link, all: readonly Link[]): string[] | null {
  const seen = new Set<Link>();
  const visit = (link: Link, way: string[]): string[] | null => {
    if (link.to === null) return null;
    if (link.to === start.from) return way;
    for (const next of all) {
      if (next.from !== link.to || seen.has(next)) continue;
      seen.add(next);
      const found = visit(next, [...way, next.name]);
      if (found !== null) return found;
    }
    return null;
  };
  return start.from === null ? null : visit(start, [start.name]);
}
