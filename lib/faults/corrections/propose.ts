/** Makes a proposal: by the model where there is one, else by the rules. It changes nothing. */
import type { AskModel } from "../../ai/ask.ts";
import { messageOf } from "../../base/errors.ts";
import type { FaultRow } from "../../db/schema/faults.ts";
import type { ScriptRef } from "../../scripts/script.ts";
import type { Trial } from "./correction.ts";
import { diffOf } from "./diff.ts";
import { changedLines } from "./diff_lines.ts";
import { diffHashOf, sha256 } from "./hash.ts";
import { nearestValid } from "./rules/setting.ts";
import { scriptFaultOf } from "./targets.ts";
import {
  type Outcome,
  type Sample,
  SAMPLES_MOST,
  type TrialDeps,
  type Tried,
  tryOn,
  whileWarm,
} from "./trial.ts";

export interface Proposal {
  target: string;
  baseHash: string;
  before: string;
  after: string;
  diff: string;
  diffHash: string;
  author: string;
  text: string;
  trial: Trial;
}

/** There is no safe proposal: why. */
export interface NoProposal {
  reason: string;
}

export interface Asked {
  fault: FaultRow;
  target: string;
  /** Texts that were proposed before. */
  declined: readonly string[];
  /** Nobody asked for it: the fault did. */
  byItself: boolean;
  signal?: AbortSignal;
}

export interface ProposeDeps extends TrialDeps {
  ask: AskModel | null;
}

/** For a script. */
export function proposeForScript(...given: Parameters<typeof search>) {
  return whileWarm(given[0].sandbox, () => search(...given));
}

async function search(
  deps: ProposeDeps,
  ref: ScriptRef,
  { source, hash }: { source: string; hash: string },
  samples: readonly Sample[],
  { fault, target, declined, byItself, signal }: Asked,
): Promise<Proposal | NoProposal> {
  const known = samples.slice(-SAMPLES_MOST);
  const reported = scriptFaultOf(fault);
  const attempt = (text: string) => tryOn(deps, ref, text, known);
  let instead: string | null = null;
  let found: { source: string; author: string; text: string; before: Tried; after: Tried } | null =
    null;
  if (deps.ask !== null) {
    const { modelProposal } = await import("./model.ts");
    const asked = {
      ref,
      target,
      source,
      fault: reported,
      samples: known,
      declined,
      byItself,
      signal,
    };
    const reply = await modelProposal({ ask: deps.ask, tryOn: attempt }, asked).catch((error) => {
      if (signal?.aborted) throw error;
      return { instead: messageOf(error) };
    });
    if ("source" in reply) found = reply;
    else instead = reply.instead;
  }
  if (found === null) {
    const { mend } = await import("./mend.ts");
    const mended = await mend({ tryOn: attempt, declined }, ref, source, reported, known);
    if ("reason" in mended) return { reason: withInstead(mended.reason, instead) };
    found = mended;
  }
  const diff = diffOf(target, source, found.source);
  if (diff === null) return { reason: withInstead("it would change too much at once", instead) };
  return {
    target,
    baseHash: hash,
    before: source,
    after: found.source,
    diff,
    diffHash: diffHashOf(hash, diff, found.source),
    author: found.author,
    text: found.text,
    trial: trialOf(known, found.before, found.after, changedLines(diff), instead),
  };
}

/** For a stored setting that is not in force, because it does not fit any more. */
export function proposeForSetting(
  { target }: Pick<Asked, "target">,
  { stored, schema }: { stored: unknown; schema: unknown },
): Proposal | NoProposal {
  const value = nearestValid(schema, stored);
  if (value === undefined || value === stored) {
    return { reason: "no value that is allowed is near" };
  }
  const [before, after] = [stored, value].map((one) => `${JSON.stringify(one)}\n`);
  const diff = diffOf(target, before, after);
  if (diff === null) return { reason: "the stored value is too long" };
  const baseHash = sha256(before);
  return {
    ...{ target, baseHash, before, after, diff },
    diffHash: diffHashOf(baseHash, diff, after),
    author: "rule: nearest value that is allowed",
    text: `${before.trim()} is not allowed any more; ${after.trim()} is the nearest value that is`,
    trial: {
      loads: true,
      messages: [],
      faults_before: 0,
      faults_after: 0,
      changed_lines: changedLines(diff),
      risk: "What the value does is said beside the setting.",
      instead: null,
    },
  };
}

function withInstead(reason: string, instead: string | null): string {
  return instead === null ? reason : `${reason}. The model was not used: ${instead}`;
}

const SHOWN_CHARS = 300;

function trialOf(
  samples: readonly Sample[],
  before: Tried,
  after: Tried,
  changed: number,
  instead: string | null,
): Trial {
  // What could not be loaded failed with every message.
  const was = before.load;
  const outcomes = was === null ? before.outcomes : samples.map((): Outcome => ({ fault: was }));
  const messages = samples.map(({ topic, payload }, i) => {
    const [old, now] = [shown(outcomes[i]), shown(after.outcomes[i])];
    return {
      topic: topic.slice(0, 200),
      payload: shortened(new TextDecoder().decode(payload.slice(0, 4 * SHOWN_CHARS))),
      before: old,
      after: now,
      changed: old !== now,
    };
  });
  return {
    loads: after.load === null,
    messages,
    faults_before: was === null ? before.faults : samples.length,
    faults_after: after.faults,
    changed_lines: changed,
    risk: riskOf(outcomes, after),
    instead,
  };
}

/** What a person should look at before they approve. */
function riskOf(before: readonly Outcome[], after: Tried): string {
  const risks: string[] = [];
  const different = before.filter((one, i) => {
    const now = after.outcomes[i];
    return !("fault" in one) && (now === undefined || shown(one) !== shown(now));
  }).length;
  if (different > 0) risks.push(`${count(different)} that worked before is answered differently`);
  if (after.faults > 0) risks.push(`${count(after.faults)} still fails`);
  const silent = after.outcomes.filter((one) => !("fault" in one)).length;
  if (after.outcomes.length === 0) risks.push("nothing shows what it does with a message");
  else if (after.answered === 0 && silent > 0) risks.push("no stored message gives a value");
  if (risks.length === 0) {
    return "Risk: low. Every stored message is answered, as before where it was.";
  }
  return `Risk: ${risks.join("; ")}.`;
}

const count = (n: number) => n === 1 ? "one message" : `each of ${n} messages`;

function shown(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "";
  if ("fault" in outcome) {
    const { line, message } = outcome.fault;
    return shortened(line === null ? message : `${message} (line ${line})`);
  }
  return shortened(JSON.stringify(outcome.answer) ?? "nothing");
}

function shortened(text: string): string {
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, " ");
  return plain.length <= SHOWN_CHARS ? plain : `${plain.slice(0, SHOWN_CHARS - 1)}…`;
}
