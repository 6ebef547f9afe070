import { EVENT_TYPES, PRIVATE_FAMILIES } from "../../lib/events/event.ts";

/** Kinds of events that the page offers, by the parts of their types before the dot. */
export interface Kind {
  name: string;
  families: readonly string[];
}

const NAMED: readonly Kind[] = [
  { name: "Alarms", families: ["alarm"] },
  { name: "Tickets", families: ["ticket"] },
  { name: "Machines", families: ["machine", "sensor", "prediction"] },
  { name: "Other programs", families: ["external"] },
];

const families = [...new Set(Object.keys(EVENT_TYPES).map((type) => type.split(".")[0]))];
const named = new Set([...NAMED.flatMap((kind) => kind.families), ...PRIVATE_FAMILIES]);

/** All kinds; what is in none of the others is of Perch itself, and accounts are for those who see them. */
export function kindsFor(readsPrivate: boolean): Kind[] {
  const own = { name: "Perch", families: families.filter((one) => !named.has(one)) };
  const accounts = { name: "Accounts", families: PRIVATE_FAMILIES };
  return [...NAMED, own, ...(readsPrivate ? [accounts] : [])];
}
