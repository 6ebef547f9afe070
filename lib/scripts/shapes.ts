/** Scripts on the wire. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { SCRIPT_KINDS, type ScriptFault } from "./script.ts";
import type { KnownScript } from "./present.ts";
import type { Sample, Version, VersionRow } from "./scripts_store.ts";
import { sampleId, type Tried } from "./trying.ts";

export const faultShape = z.object({
  type: z.string().describe("`syntax`, `contract`, `runtime`, `shape`, `time`, `memory`, `output`"),
  message: z.string(),
  line: z.number().nullable(),
  column: z.number().nullable(),
}).meta({ id: "ScriptFault" });

export const scriptShape = z.object({
  kind: z.enum(SCRIPT_KINDS),
  name: z.string(),
  state: z.enum(["on", "off", "awaiting", "faulty"])
    .describe("`awaiting`: restored, and off until somebody approves it"),
  problem: z.string().nullable().describe("why the file cannot be run"),
  hash: z.string().nullable().describe("sha256 of the text"),
  file: z.string().describe("below the data directory"),
  actor: z.string().nullable(),
  changed_ms: msField.nullable(),
  matches: z.array(z.string()).describe("topics or sensors that it asks for"),
  fault: faultShape.nullable().describe("why it does not run"),
  error: faultShape.nullable().describe("of the latest input that failed"),
  inputs: z.number().nullable().describe("messages or readings since the start"),
  failed: z.number().nullable(),
  paused: z.boolean(),
  waiting: z.number().describe("messages held until it goes on"),
}).meta({ id: "Script" });
export type ScriptJson = z.output<typeof scriptShape>;

/** How a script is doing, as those know who run it. */
export interface ScriptFigures {
  inputs: number | null;
  failed: number | null;
  /** Why it cannot be loaded, or is paused. */
  fault: ScriptFault | null;
  /** Of the latest input that failed. */
  error: ScriptFault | null;
  paused: boolean;
  waiting: number;
}

export const NO_FIGURES: ScriptFigures = {
  ...{ inputs: null, failed: null, fault: null, error: null, paused: false, waiting: 0 },
};

export function scriptOf(
  { changedMs, ...script }: KnownScript,
  { fault, matches }: { fault: ScriptFault | null; matches: string[] },
  figures: ScriptFigures,
): ScriptJson {
  return { ...script, changed_ms: changedMs, ...figures, matches, fault: fault ?? figures.fault };
}

export const triedShape = z.object({
  fault: faultShape.nullable(),
  exports: z.record(z.string(), z.unknown()).describe("what it exports beside functions"),
  answer: z.unknown().describe("values or findings, as it gave them"),
}).meta({ id: "TriedScript" });
export type TriedJson = z.output<typeof triedShape>;

export const triedOf = ({ fault, exports, answer }: Tried): TriedJson => ({
  ...{ fault, exports, answer },
});

export const versionShape = z.object({
  id: z.number(),
  hash: z.string(),
  at_ms: msField,
  actor: z.string().nullable(),
  reason: z.string(),
}).meta({ id: "ScriptVersion" });

export function versionOf({ id, hash, tMs, actor, reason }: Version | VersionRow) {
  return { id, hash, at_ms: tMs, actor, reason };
}

export const sampleShape = z.object({
  id: z.string(),
  at_ms: msField,
  topic: z.string(),
  payload: z.string().describe("as text"),
}).meta({ id: "ScriptSample" });

export function sampleOf(sample: Sample): z.output<typeof sampleShape> {
  const payload = new TextDecoder().decode(sample.payload);
  return { id: sampleId(sample), at_ms: sample.tMs, topic: sample.topic, payload };
}
