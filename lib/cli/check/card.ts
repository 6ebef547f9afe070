import { lifeWords } from "../../health/history/facts.ts";
import type { HostReport, HostWrites } from "../../health/history/report.ts";
import { bytes, exact } from "../../words/numbers.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

/** A card that is worn out sooner is worth doing something about. */
const SOON_YEARS = 3;

/** What is written to the card a day, against what it is rated for. */
export function cardCheck(report: () => Promise<Pick<HostReport, "writes">>): Check {
  return { name: "card", run: async () => [judgeWrites((await report()).writes)] };
}

/** Pure: the finding about a day's writes. */
export function judgeWrites({ disk, perch, years, rated_tb }: HostWrites): Found {
  if (disk === null) {
    return {
      state: "unknown",
      detail: "what is written to the card or disk a day is known once Perch has run for a while",
    };
  }
  const own = perch === null ? "" : ` (${bytes(perch)} of it by Perch)`;
  const rated = `a card that is rated for ${exact(rated_tb)} TB`;
  const written = `${bytes(disk)} a day are written to the card or disk${own}`;
  if (years === null) return { state: "ok", detail: written };
  const detail = `${written}: ${rated} lasts ${lifeWords(years)}`;
  if (years >= SOON_YEARS) return { state: "ok", detail };
  return {
    state: "warn",
    detail,
    advice:
      "perch optimise says what would write less; perch settings set host.card_tb N tells what " +
      "this card is rated for. Fetch backups from this host.",
  };
}
