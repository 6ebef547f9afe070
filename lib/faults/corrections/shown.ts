/** To whom a proposal was shown, and when: an approval is for what somebody has just seen. */
import type { Clock } from "../../base/clock.ts";
import type { Correction } from "./correction.ts";

export interface Shown {
  note(one: Correction, person: string): void;
  /** When exactly this diff was last shown to them; null: never since the start. */
  at(one: Correction, person: string): number | null;
  forget(one: Correction): void;
}

const MOST = 200;

export function createShown(clock: Pick<Clock, "now">): Shown {
  const times = new Map<string, number>();
  const key = ({ id, diffHash }: Correction, person: string) => `${id} ${diffHash} ${person}`;
  return {
    note(one, person) {
      times.delete(key(one, person));
      times.set(key(one, person), clock.now());
      if (times.size > MOST) times.delete(times.keys().next().value!);
    },
    at: (one, person) => times.get(key(one, person)) ?? null,
    forget({ id }) {
      for (const name of times.keys()) if (name.startsWith(`${id} `)) times.delete(name);
    },
  };
}
