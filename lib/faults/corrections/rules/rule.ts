/** The contract of rules: kinds of fault in a script that can be mended without a model. */
import type { ScriptFault, ScriptKind } from "../../../scripts/script.ts";
import { type FunctionNode, nameOf, read, type Tree } from "./tree.ts";
import type { Found } from "./tree.ts";

/** A script, and what is wrong with it. */
export interface Broken {
  kind: ScriptKind;
  source: string;
  /** As the sandbox reported it, or whoever looked at the answer (`shape`). */
  fault: ScriptFault;
  /** What it was given when it went wrong, as far as that is known. */
  input?: unknown;
  /** What it answered, when that is what is wrong. */
  answer?: unknown;
  /** No message shows the fault: it was reported. */
  blind: boolean;
  /** Names that occur in the objects of what it is given. */
  keys: readonly string[];
}

/** A text that might be the mended one. */
export interface Candidate {
  source: string;
  /** What it changes and why, in a sentence without a final stop. */
  text: string;
  /** It leaves something out: where nothing is left then, it is no correction. */
  mustGive?: true;
}

/** Nothing so far: whoever asks may do something else first. */
export type Thinking = null;

/**
 * A kind of fault. Candidates are guesses, the most likely first: each is read, loaded and tried on the stored
 * messages before anybody sees it, and only what is better than before is proposed.
 */
export interface Rule {
  name: string;
  /** Of its candidates the one is best with which most messages are answered; else the first is. */
  more?: true;
  /** What the report says is enough to go by. */
  blind?: true;
  candidates(broken: Broken): Iterable<Candidate | Thinking>;
}

/** What a script of a kind has to export. */
export const EXPORTS: Readonly<Record<ScriptKind, { call: string; list: string | null }>> = {
  codec: { call: "decode", list: "topics" },
  detector: { call: "step", list: "sensors" },
  fault_detector: { call: "check", list: null },
  driver: { call: "read", list: null },
};

/** What the exported function is given, by the names that it can take apart. */
export const INPUTS: Readonly<Record<ScriptKind, readonly string[]>> = {
  codec: ["topic", "text", "bytes", "received_ms"],
  detector: ["kind", "t_ms", "value", "sensor"],
  fault_detector: [],
  driver: ["files", "folders", "t_ms"],
};

/** The tree of a script that can be read; null: it cannot. */
export function treeOf({ source }: Broken): Tree | null {
  const tree = read(source);
  return "at" in tree ? null : tree;
}

/** Whether it is the function that is called from outside. */
export function isMain(kind: ScriptKind, found: Found<FunctionNode>): boolean {
  return nameOf(found) === EXPORTS[kind].call;
}

/** The answer that says "nothing", of the function that is called from outside. */
export function nothingOf(kind: ScriptKind, found: Found<FunctionNode>): string {
  if (kind !== "detector") return "[]";
  const [state] = found.node.params;
  const name = state?.type === "Identifier" ? state.name : null;
  if (name === null) return "{ state: null, findings: [] }";
  return name === "state" ? "{ state, findings: [] }" : `{ state: ${name}, findings: [] }`;
}
