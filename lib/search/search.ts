import type { Identity } from "../access/identity.ts";
import type { Policy } from "../access/policy.ts";
import { createBreath } from "../base/breath.ts";
import { type Wanted, wantedBy } from "../words/matching.ts";
import type { Hit, HitKind } from "./hit.ts";
import { fitting } from "./in_turns.ts";

/** Something that fits: how well (the smaller, the better), and what its page asks of who opens it. */
export interface Found {
  score: number;
  /** The words are in what it says, not in its name. */
  inText?: boolean;
  policy: Policy;
  hit: Hit;
}

/** A question to a source. */
export interface SearchQuestion {
  text: string;
  wanted: Wanted;
  /** The most that are looked at. */
  most: number;
  /** For things that are not everybody's; what a page asks of a role is asked of all that is found. */
  who: Identity | null;
}

/** Where things of one kind are found. */
export interface SearchSource {
  kind: HitKind;
  find(question: SearchQuestion): Found[] | Promise<Found[]>;
}

/** What was found of everything that the caller may open, the best first. */
export interface Search {
  find(query: string, who: Identity | null, options?: SearchOptions): Promise<Hit[]>;
}

export interface SearchOptions {
  /** Default: all. */
  kinds?: readonly HitKind[];
  /** Of each kind. Default 10. */
  each?: number;
  /** Of all. Default 100. */
  most?: number;
  /** Also what has the words in its text, beside what has them in its name. */
  texts?: boolean;
}

/** To be read: nearly every word is somewhere in their texts, so that they do not count as found. */
const READ: ReadonlySet<HitKind> = new Set(["guide", "operation"]);
/** Added to the scores of a kind: which goes first where several fit alike. */
const LATER: Partial<Record<HitKind, number>> = {
  sensor: 0.2,
  camera: 0.2,
  dashboard: 0.2,
  page: 0.3,
  area: 0.5,
  tag: 0.5,
  alarm: 1,
  ticket: 1,
  setting: 1,
  guide: 4,
  operation: 5,
};

export function createSearch({ sources, may }: {
  sources: readonly SearchSource[];
  /** Whether somebody may open a page with this policy. */
  may: (policy: Policy, who: Identity | null) => boolean;
}): Search {
  async function ask(
    text: string,
    who: Identity | null,
    { kinds, each = 10 }: SearchOptions,
    forgiving: boolean,
  ): Promise<Found[]> {
    const wanted = wantedBy(text, forgiving);
    if (wanted === null) return [];
    const asked = sources.filter(({ kind }) => kinds === undefined || kinds.includes(kind));
    const found: Found[] = [];
    const breath = createBreath();
    for (const { kind, find } of asked) {
      // What each of them takes is little, and together it is one turn.
      const pause = breath();
      if (pause !== undefined) await pause;
      const fits = await find({ text, wanted, most: each, who });
      const seen = fits.filter(({ policy }) => may(policy, who));
      const later = LATER[kind] ?? 0;
      found.push(...best(seen, each).map((one) => ({ ...one, score: one.score + later })));
    }
    return found;
  }
  return {
    async find(query, who, options = {}) {
      let found = await ask(query, who, options, false);
      if (found.some(({ hit }) => !READ.has(hit.kind))) {
        if (!options.texts) found = found.filter(({ inText }) => !inText);
      } else {
        const known = new Set(found.map(({ hit }) => hit.url));
        const near = await ask(query, who, options, true);
        found = [...found, ...near.filter(({ hit }) => !known.has(hit.url))];
      }
      return best(found, options.most ?? 100).map(({ hit }) => hit);
    },
  };
}

/** A source of what is in memory. `textsOf`: what a thing is found by, first what it is called. */
export function inMemory<T>(
  kind: HitKind,
  all: () => Iterable<T>,
  textsOf: (thing: T) => readonly string[],
  foundOf: (thing: T, question: string) => { policy: Policy; hit: Omit<Hit, "kind"> },
): SearchSource {
  return {
    kind,
    async find({ text, wanted }) {
      const found = await fitting(all(), wanted, textsOf);
      return found.map(({ item, score }) => {
        const inText = READ.has(kind) && wanted.score(textsOf(item).slice(0, 1)) === null;
        const { policy, hit } = foundOf(item, text);
        return { score, policy, inText, hit: { kind, ...hit } };
      });
    },
  };
}

function best(found: readonly Found[], most: number): Found[] {
  return [...found].sort((a, b) => a.score - b.score).slice(0, most);
}
