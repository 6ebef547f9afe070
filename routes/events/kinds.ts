import { EVENT_TYPES, PRIVATE_FAMILIES } from "../../lib/events/event.ts";
import { eventWord } from "../../lib/words/event_types.ts";
import { title } from "../../lib/words/names.ts";

/** Kinds of events that the page offers, by the parts of their types before the dot. */
export interface Kind {
  name: string;
  families: readonly string[];
}

const REPORTED = "external";
const NAMED: readonly Kind[] = [
  { name: "Alarms", families: ["alarm"] },
  { name: "Tickets", families: ["ticket"] },
  { name: "Machines", families: ["machine", "sensor", "hardware", "prediction"] },
  { name: "Orders", families: ["command"] },
  { name: "Cameras", families: ["camera"] },
  { name: "Other programs", families: [REPORTED] },
];

const TYPES = Object.keys(EVENT_TYPES);
const familyOf = (type: string) => type.split(".")[0];

const families = [...new Set(TYPES.map(familyOf))];
const named = new Set([...NAMED.flatMap((kind) => kind.families), ...PRIVATE_FAMILIES]);

/** All kinds; what is in none of the others is of Perch itself, and accounts are for those who see them. */
export function kindsFor(readsPrivate: boolean): Kind[] {
  const own = { name: "Perch", families: families.filter((one) => !named.has(one)) };
  const accounts = { name: "Accounts", families: PRIVATE_FAMILIES };
  return [...NAMED, own, ...(readsPrivate ? [accounts] : [])];
}

/** The kind that the filter names, or that one of its types is of. */
export function kindOf(kinds: readonly Kind[], type: string | undefined): Kind | undefined {
  if (type === undefined) return undefined;
  return kinds.find(({ families }) =>
    families.join(",") === type || (type.includes(".") && families.includes(familyOf(type)))
  );
}

/** The types of a kind, each in words beside its kind; `own` are those that other programs brought. */
export function typesOf(
  { families }: Kind,
  own: readonly string[],
): { type: string; word: string }[] {
  const wordOf = families.length === 1 && families[0] !== REPORTED
    ? (type: string) => title(type.slice(families[0].length + 1))
    : eventWord;
  const all = families.includes(REPORTED) ? [...TYPES, ...own] : TYPES;
  return all.filter((type) => families.includes(familyOf(type)))
    .map((type) => ({ type, word: wordOf(type) }));
}
