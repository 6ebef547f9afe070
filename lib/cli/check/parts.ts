import type { Ailing, Condition } from "../condition.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

/** `units` and `cameras` look at these themselves, and say more about them. */
const ELSEWHERE = /^(units$|camera )/;

/** Emergency mode, and the parts and programs that are not well, as the running Perch has them. */
export function partsCheck(running: { condition: Condition | null } | null): Check {
  return {
    name: "parts",
    run: () => Promise.resolve(running === null ? [NONE_RUNS] : judgeParts(running.condition)),
  };
}

const NONE_RUNS: Found = {
  state: "unknown",
  detail: "no Perch runs here: how its parts are, and the programs that report to it, is not known",
};

function judgeParts(condition: Condition | null): Found[] {
  if (condition === null) {
    return [{
      state: "warn",
      detail: "the running Perch does not say how its parts are",
      advice:
        "It may be in safe mode, of an older version, or hang: see perch health, and restart it.",
    }];
  }
  const { overall, well, emergency } = condition;
  const ailing = condition.ailing.filter(({ name }) => !ELSEWHERE.test(name));
  const found: Found[] = emergency === null ? [] : [{
    state: "problem",
    detail: `emergency mode: ${bare(emergency)}`,
    advice:
      "Mend what it names (perch health shows the figures): Perch goes on with the rest by itself after that.",
  }];
  found.push(...ailing.map(judgePart));
  if (found.length > 0) return found;
  return [{
    state: "ok",
    detail: `${overall}: ${well} parts and programs are well or switched off`,
  }];
}

function judgePart({ name, health, detail, reported }: Ailing): Found {
  const what = `${reported ? "program" : "part"} ${name}`;
  return {
    state: health === "error" ? "problem" : "warn",
    detail: `${what} ${health === "error" ? "does not work" : "is degraded"}: ${bare(detail)}`,
    advice: reported
      ? "That program reported it, or fell silent: look at it and its own log, and restart it."
      : "perch logs --recent-errors says what came before; the page Events shows how it changed.",
  };
}

/** Without the full stop: a finding ends with its own. */
const bare = (sentence: string) => sentence.replace(/\.$/, "");
