/** Which steps a commit group makes for a detector, and what follows from their answers. Pure. */
import type { ScriptAnswer, ScriptFault } from "../../scripts/script.ts";
import { isPast } from "../../readings/reading.ts";
import { customDetector } from "../../words/detectors.ts";
import type { Severity } from "../../words/severity.ts";
import { MINUTE_MS } from "../../words/times.ts";
import type { Finding, FindingPhase } from "../detector.ts";
import type { NamedFinding } from "../findings_store.ts";
import type { DetectGroup } from "../runner/options.ts";
import { faultOf, type GivenFinding, readFindings } from "./contract.ts";
import type { Draft, Entry } from "./memory.ts";
import { BOUNDS } from "./options.ts";
import type { StepAnswer, TakeAnswer } from "./script_text.ts";

export interface Step {
  sensor: number;
  groupId: number;
  /** Place of the reading in its group; null: a tick before the group; "idle": a tick after it. */
  at: number | null | "idle";
  kind: "reading" | "tick";
  tMs: number;
  value: number;
}

/** A reading this far ahead of the host's clock does not move the journal's. */
const AHEAD_MOST_MS = 5 * 60_000;

/** The steps of a group: a tick for every sensor that was met when one is due, then its readings. */
export function stepsOf(
  draft: Draft,
  group: DetectGroup,
  nowMs: number,
  watches: (sensor: number) => boolean,
): Step[] {
  draft.group = group.groupId;
  // Delivery marks alone: such a group is in the journal and not on the bus, so it must not tick.
  if (group.n === 0) return [];
  const { groupId } = group;
  const times = group.tMs.subarray(0, group.n);
  const tickMs = draft.clock.take(times, nowMs + AHEAD_MOST_MS);
  const steps = tickMs === null ? [] : ticks(draft, groupId, tickMs, null, watches);
  const journalMs = draft.clock.newestMs;
  for (let at = 0; at < group.n; at++) {
    const sensor = group.sensor[at];
    if (!watches(sensor) || isPast(group.flags?.[at] ?? 0)) continue;
    if (draft.get(sensor) === undefined && draft.size >= BOUNDS.sensors) continue;
    const tMs = group.tMs[at];
    const entry = draft.edit(sensor);
    if (journalMs > -Infinity) entry.offsetMs = tMs - journalMs;
    steps.push({ sensor, groupId, at, kind: "reading", tMs, value: group.value[at] });
  }
  return steps;
}

/** The ticks of a journal that has stood still for a while. */
export function idleSteps(
  draft: Draft,
  journalMs: number,
  watches: (sensor: number) => boolean,
): Step[] {
  return ticks(draft, draft.group, journalMs, "idle", watches);
}

function ticks(
  draft: Draft,
  groupId: number,
  journalMs: number,
  at: Step["at"],
  watches: (sensor: number) => boolean,
): Step[] {
  const steps: Step[] = [];
  for (const [sensor, { offsetMs }] of draft.sensors()) {
    if (!watches(sensor)) continue;
    steps.push({ sensor, groupId, at, kind: "tick", tMs: journalMs + offsetMs, value: NaN });
  }
  return steps;
}

/** What came of the steps of a call. */
export interface Judged {
  found: NamedFinding[];
  failures: ScriptFault[];
  /** The script must not go on because of this. */
  fatal: ScriptFault | null;
  /** Findings beyond the bound of a minute. */
  heldBack: number;
}

export const NOTHING_JUDGED: Judged = Object.freeze({
  found: [],
  failures: [],
  fatal: null,
  heldBack: 0,
});

/** So many failed steps in a row stop a detector. */
const FAILED_MOST = 5;
/** What will happen again with the next reading. */
const FATAL: ReadonlySet<ScriptFault["type"]> = new Set(["syntax", "contract", "time", "memory"]);

export const isFatal = ({ type }: ScriptFault) => FATAL.has(type);

/** Takes the answers of steps into the draft; null: the sandbox was started anew in between, they are worth nothing. */
export function judge(
  draft: Draft,
  name: string,
  steps: readonly Step[],
  answers: readonly ScriptAnswer[],
): Judged | null {
  const judged: Judged = { found: [], failures: [], fatal: null, heldBack: 0 };
  for (const [i, step] of steps.entries()) {
    const answer = answers[i];
    if ("ok" in answer && isLost(answer.ok)) return null;
    const read = readAnswer(answer);
    if ("findings" in read) {
      draft.failed = 0;
      keep(draft, name, step, read.findings, judged);
      continue;
    }
    judged.failures.push(read.fault);
    draft.failed++;
    if (!isFatal(read.fault) && draft.failed < FAILED_MOST) continue;
    judged.fatal = read.fault;
    break;
  }
  return judged;
}

/** Takes over states; null: they are lost. False: there are more of them. */
export function takeStates(draft: Draft, answer: ScriptAnswer | undefined): boolean | null {
  if (answer === undefined || !("ok" in answer) || isLost(answer.ok)) return null;
  const { states, more } = answer.ok as Exclude<TakeAnswer, { lost: true }>;
  if (!Array.isArray(states)) return null;
  for (const [num, state] of states) {
    // A script that forges these harms itself alone.
    if (draft.get(num) !== undefined) {
      draft.edit(num).state = typeof state === "string" ? state.slice(0, BOUNDS.stateChars) : null;
    }
  }
  return more !== true;
}

const isLost = (answer: unknown) =>
  typeof answer === "object" && answer !== null && "lost" in answer;

function readAnswer(
  answer: ScriptAnswer,
): { findings: GivenFinding[] } | { fault: ScriptFault } {
  if ("fault" in answer) return answer;
  const given = answer.ok as StepAnswer;
  if (given !== null && "shape" in given) return { fault: faultOf("shape", given.shape) };
  return readFindings((given as { findings: unknown } | null)?.findings);
}

function keep(
  draft: Draft,
  name: string,
  step: Step,
  given: readonly GivenFinding[],
  judged: Judged,
): void {
  if (given.length === 0) return;
  const entry = draft.edit(step.sensor);
  for (const [k, one] of given.entries()) {
    const phase = phaseOf(entry, one);
    if (phase === null) continue;
    if (!hasRoom(draft)) {
      judged.heldBack++;
      continue;
    }
    if (phase !== "point") entry.open = phase === "cleared" ? null : one.severity;
    const item = itemOf(step, k, phase);
    judged.found.push({
      sensor: step.sensor,
      groupId: step.groupId,
      item,
      finding: findingOf(name, step, one, phase),
    });
  }
}

/**
 * What a finding means after those before it; null: nothing new. So a script may say `raised` with every reading
 * above its limit and `cleared` with every one below.
 */
function phaseOf({ open }: Entry, { phase, severity }: GivenFinding): FindingPhase | null {
  if (phase === "point") return "point";
  if (phase === "cleared") return open === null ? null : "cleared";
  if (open === null) return "raised";
  return open === severity ? null : "changed";
}

function hasRoom({ minute, clock }: Draft): boolean {
  const startMs = Math.floor(clock.newestMs / MINUTE_MS) * MINUTE_MS;
  if (minute.startMs !== startMs) Object.assign(minute, { startMs, findings: 0 });
  if (minute.findings >= BOUNDS.findingsPerMinute) return false;
  minute.findings++;
  return true;
}

const IDLE_ITEMS: Readonly<Record<FindingPhase, number>> = {
  raised: -101,
  changed: -102,
  cleared: -103,
  point: -104,
};

/** Readings: four places each; a tick before the group: -1 to -4; idle ticks after it: one place a phase. */
function itemOf({ at }: Step, k: number, phase: FindingPhase): number {
  if (at === "idle") return IDLE_ITEMS[phase];
  return at === null ? -1 - k : at * BOUNDS.findings + k;
}

const SCORES: Readonly<Record<Severity, number>> = { info: 0.3, warning: 0.6, critical: 0.9 };

function findingOf(
  name: string,
  step: Step,
  { severity, score, text, value, phase: _, ...numbers }: GivenFinding,
  phase: FindingPhase,
): Finding {
  const own = value ?? (step.kind === "reading" ? step.value : undefined);
  return {
    detector: customDetector(name),
    tMs: step.tMs,
    phase,
    severity: phase === "cleared" ? "info" : severity,
    score: score ?? SCORES[severity],
    reason: { text, ...(own === undefined ? {} : { value: own }), ...numbers },
  };
}
