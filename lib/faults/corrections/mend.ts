/**
 * Looks for a correction by the rules: a fault is what the sandbox reports for the text and the stored messages, a
 * rule guesses, and what its guess does is tried the same way. What is proposed can be loaded, fails less often than
 * before, and answers every message as before that was answered before.
 */
import { createBreath } from "../../base/breath.ts";
import type { ScriptFault, ScriptRef } from "../../scripts/script.ts";
import { RULES } from "./rules/mod.ts";
import type { Rule } from "./rules/rule.ts";
import { all, programOf, read } from "./rules/tree.ts";
import { keysOf, type Sample, type Tried } from "./trial.ts";

export interface MendDeps {
  tryOn(source: string): Promise<Tried>;
  /** Texts that are not wanted. */
  declined?: readonly string[];
  rules?: readonly Rule[];
}

export interface Mended {
  source: string;
  /** `rule: guard for what is no JSON`. */
  author: string;
  text: string;
  before: Tried;
  after: Tried;
}

/** There is no correction that the rules would stand for: why. */
export interface Unmended {
  reason: string;
}

/** One text on the way to a correction. */
interface Step {
  source: string;
  tried: Tried;
  rules: readonly string[];
  texts: readonly string[];
  mustGive: boolean;
  more: boolean;
  order: number;
}

/** A script may have several faults, one behind the other. */
const ROUNDS = 4;
/** Texts that are followed further in each round. */
const WIDTH = 3;
/** Texts that are tried in the sandbox for one of them. */
const TRIES = 30;
const CHARS_MOST = 64_000;
const TURN_MS = 5;
/** Then what was found so far counts. */
const LONGEST_MS = 20_000;

/** What no change of a sign or a guard makes right. */
const NEVER: Partial<Record<ScriptFault["type"], string>> = {
  time: "it runs too long: what it is to do instead nobody can tell from the text",
  memory: "it needs too much memory: what it is to keep nobody can tell from the text",
  output: "it answers too much: what is to be left out nobody can tell from the text",
};

/** Looks for one. */
export async function mend(
  deps: MendDeps,
  ref: ScriptRef,
  source: string,
  reported: ScriptFault,
  samples: readonly Sample[],
): Promise<Mended | Unmended> {
  if (source.length > CHARS_MOST) return { reason: "it is too long for the rules" };
  const before = await deps.tryOn(source);
  const faults = faultsOf(before, reported);
  const never = faults.length === 0 ? undefined : neverOf(source, faults);
  if (never !== undefined) return { reason: never };
  const start: Step = {
    source,
    tried: before,
    rules: [],
    texts: [],
    mustGive: false,
    more: false,
    order: 0,
  };
  const seen = new Set([source]);
  const keys = keysOf(samples);
  let open = [start];
  const good: Step[] = [];
  const parts: Step[] = [];
  const untilMs = performance.now() + LONGEST_MS;
  const goesOn = () => open.length > 0 && !good.some(gives) && performance.now() < untilMs;
  for (let round = 0; round < ROUNDS && goesOn(); round++) {
    const next: Step[] = [];
    for (const step of open) {
      const guesses = await guessed(
        deps,
        ref,
        step,
        reported,
        keys,
        seen,
        (one) => isMended(one, before) && !deps.declined?.includes(one.source),
      );
      for (const one of guesses) {
        if (isMended(one, before) && !deps.declined?.includes(one.source)) good.push(one);
        else if (isBetter(one, step)) next.push(one);
        if (isPart(one, before) && !deps.declined?.includes(one.source)) parts.push(one);
      }
    }
    open = next.sort(byWorth).slice(0, WIDTH);
  }
  // Where not all of it can be mended, a part of it may be.
  const best = good.sort(byWorth).at(0) ?? parts.sort(byWorth).at(0);
  return best === undefined ? { reason: NO_RULE } : {
    source: best.source,
    author: `rule: ${[...new Set(best.rules)].join(" + ")}`,
    text: best.texts.map((text) => text.charAt(0).toUpperCase() + text.slice(1)).join(". "),
    before,
    after: best.tried,
  };
}

const NO_RULE = "no rule knows a safe correction of it";

/** What is wrong with it, the first first; without any, what was reported. */
function faultsOf({ load, outcomes }: Tried, reported: ScriptFault): ScriptFault[] {
  if (load !== null) return [load];
  const found = outcomes.flatMap((one) => "fault" in one ? [one.fault] : []);
  return found.length === 0 ? [reported] : found;
}

/** Why nothing of it is to be mended; undefined: something may be. */
function neverOf(source: string, faults: readonly ScriptFault[]): string | undefined {
  const reasons = faults.map((fault) =>
    NEVER[fault.type] ?? elsewhere(fault) ??
      (/stack overflow|Maximum call stack/i.test(fault.message)
        ? "it calls itself without an end"
        : isThrown(source, fault)
        ? "it ends in an error that its author wrote on purpose"
        : undefined)
  );
  return reasons.every((one) => one !== undefined) ? reasons[0] : undefined;
}

const ELSEWHERE =
  /'?(fetch|require|process|Deno|Bun|Buffer|window|document|setTimeout|setInterval|XMLHttpRequest|WebSocket|Worker)'? is not defined|could not load module/;

/** It asks for what scripts do not get. */
function elsewhere({ message }: ScriptFault): string | undefined {
  const found = ELSEWHERE.exec(message);
  if (found === null) return undefined;
  return `it needs ${found[1] ?? "another module"}, which no script gets`;
}

/** The error comes from a `throw` of the script itself. */
function isThrown(source: string, { type, line, message }: ScriptFault): boolean {
  const tree = type === "runtime" ? read(source) : null;
  if (tree === null || "at" in tree) return false;
  return all(tree, "ThrowStatement").some(({ node }) => {
    const { start, end } = node.loc!;
    if (line !== null) return line >= start.line && line <= end.line;
    const text = source.slice(node.start, node.end);
    return [...text.matchAll(/["'`]([^"'`]{3,})["'`]/g)].some(([, part]) => message.includes(part));
  });
}

/** What the rules make of a text, tried. */
async function guessed(
  { tryOn, rules = RULES }: MendDeps,
  ref: ScriptRef,
  step: Step,
  reported: ScriptFault,
  keys: readonly string[],
  seen: Set<string>,
  isGood: (one: Step) => boolean,
): Promise<Step[]> {
  const found: Step[] = [];
  const breath = createBreath(TURN_MS);
  let tries = 0;
  const blind = step.tried.load === null && step.tried.faults === 0;
  for (const { fault, answer } of distinct(step, reported)) {
    if (neverOf(step.source, [fault]) !== undefined) continue;
    const broken = { kind: ref.kind, source: step.source, fault, answer, keys, blind };
    for (const [order, rule] of rules.entries()) {
      // Where no message shows the fault, nothing shows that a guess is right.
      if (blind && !rule.blind) continue;
      for (const candidate of rule.candidates(broken)) {
        await breath();
        if (candidate === null) continue;
        const { source, text, mustGive } = candidate;
        if (seen.has(source) || "at" in programOf(source)) continue;
        if (tries++ >= TRIES) return found;
        seen.add(source);
        const next = {
          source,
          tried: await tryOn(source),
          rules: [...step.rules, rule.name],
          texts: [...step.texts, text],
          mustGive: step.mustGive || mustGive === true,
          more: rule.more === true,
          order: step.order + order + tries / TRIES,
        };
        found.push(next);
        if (!isGood(next)) continue;
        const { answered, outcomes } = next.tried;
        // Nothing is better than what answers every message; else what comes next of this rule may be.
        if (answered === outcomes.length || (!rule.more && gives(next))) return found;
      }
      if (found.some((one) => gives(one) && isGood(one))) return found;
    }
  }
  return found;
}

interface Shown {
  fault: ScriptFault;
  answer?: unknown;
}

/** One of each fault of a text, and when its messages show none, the one that was reported. */
function distinct({ tried: { load, outcomes } }: Step, reported: ScriptFault): Shown[] {
  if (load !== null) return [{ fault: load }];
  const found = new Map<string, Shown>();
  for (const one of outcomes) {
    if (!("fault" in one)) continue;
    const { type, message, line } = one.fault;
    const key = `${type} ${line} ${message}`;
    if (!found.has(key)) found.set(key, one as Shown);
  }
  return found.size > 0 ? [...found.values()].slice(0, 4) : [{ fault: reported }];
}

/**
 * Nothing is wrong with it any more, and what was right still is. What gives nothing for any message is no correction:
 * all that waits would be passed over.
 */
function isMended(step: Step, before: Tried): boolean {
  const { tried } = step;
  return tried.load === null && tried.faults === 0 && tried.empty <= before.empty &&
    keeps(tried, before) &&
    gives(step);
}

/** Something comes out of the messages, or there are none. */
function gives({ tried: { outcomes, answered } }: Pick<Step, "tried">): boolean {
  return answered > 0 || outcomes.length === 0;
}

/** Less is wrong with it than before: fewer messages fail, or it can be loaded and answers some. */
function isPart({ tried, mustGive }: Step, before: Tried): boolean {
  if (tried.load !== null || mustGive) return false;
  if (before.load !== null) return tried.answered > 0;
  return tried.faults < before.faults && tried.empty <= before.empty && keeps(tried, before);
}

/** What was answered is answered the same. */
export function keeps(after: Tried, before: Tried): boolean {
  return before.outcomes.every((one, i) => {
    if ("fault" in one) return true;
    const now = after.outcomes[i];
    return now !== undefined && !("fault" in now) &&
      JSON.stringify(now.answer) === JSON.stringify(one.answer);
  });
}

/** Worth to be followed: it comes further than the text that it was made of. */
function isBetter({ tried }: Step, { tried: was }: Step): boolean {
  if (tried.load !== null) {
    if (was.load === null) return false;
    // Of what it has to export, more than one may be missing.
    if (tried.load.type === "contract") return true;
    return tried.load.type !== was.load.type || (tried.load.line ?? 0) > (was.load.line ?? 0) ||
      tried.load.message !== was.load.message;
  }
  if (was.load !== null) return true;
  if (!keeps(tried, was)) return false;
  return tried.faults < was.faults ||
    JSON.stringify(faultSet(tried)) !== JSON.stringify(faultSet(was));
}

const faultSet = ({ outcomes }: Tried) =>
  outcomes.map((one) => "fault" in one ? Object.values(one.fault).join(" ") : "");

/** The best first: it loads, fails least, gives most, and is what the rules think of first. */
function byWorth(a: Step, b: Step): number {
  const [x, y] = [a.tried, b.tried];
  return Number(x.load !== null) - Number(y.load !== null) || x.faults - y.faults ||
    Number(gives(b)) - Number(gives(a)) || (a.more && b.more ? y.answered - x.answered : 0) ||
    a.rules.length - b.rules.length || a.order - b.order ||
    a.source.length - b.source.length;
}
