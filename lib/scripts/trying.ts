/** A text is run once, to see what it makes of an input; nothing comes of it. */
import { createHash } from "node:crypto";
import { PerchError } from "../base/errors.ts";
import { contractFault } from "./answers.ts";
import {
  FUNCTION_OF,
  type LoadedScript,
  type Sandbox,
  type ScriptAnswer,
  type ScriptFault,
  type ScriptKind,
  type ScriptRef,
} from "./script.ts";
import type { Sample } from "./scripts_store.ts";

/** What a script is given to try it. */
export type Given =
  | { topic: string; payload: Uint8Array; tMs: number }
  /** A detector: the readings of one sensor, a second apart. */
  | { sensor: string; values: readonly number[]; tMs: number }
  | { facts: unknown }
  /** A driver: files by path, as it would find them. */
  | { files: Readonly<Record<string, string>>; tMs: number };

export interface Tried {
  fault: ScriptFault | null;
  /** What it exports beside functions. */
  exports: Readonly<Record<string, unknown>>;
  /** What it answered: a list of values or findings, as it gave them. */
  answer: unknown;
}

/** Names of what a script says that it is for. */
const MATCHES: Readonly<Record<ScriptKind, string | null>> = {
  codec: "topics",
  detector: "sensors",
  fault_detector: null,
  driver: null,
};

/** Topics or sensors that it asks for, as it exports them; what is no text is left out. */
export function matchesOf(kind: ScriptKind, exports: Readonly<Record<string, unknown>>): string[] {
  const name = MATCHES[kind];
  const given = name === null ? [] : exports[name];
  if (!Array.isArray(given)) return [];
  return given.filter((one): one is string => typeof one === "string").slice(0, 100)
    .map((one) => one.slice(0, 1_000));
}

/** Never rejects for what the script does. */
export async function tryScript(
  sandbox: Sandbox,
  { kind, name, source }: ScriptRef & { source: string },
  given: Given | null,
): Promise<Tried> {
  const loaded = await sandbox.load({ kind, name, source, hash: "" });
  if ("fault" in loaded) return { fault: loaded.fault, exports: {}, answer: null };
  const { script } = loaded;
  try {
    const { exports } = script;
    const wanted = MATCHES[kind];
    if (wanted !== null && matchesOf(kind, exports).length === 0) {
      const fault = contractFault(`it has to export ${wanted}, a list of texts`);
      return { fault, exports, answer: null };
    }
    return given === null
      ? { fault: null, exports, answer: null }
      : { exports, ...await run(script, given) };
  } finally {
    script.unload();
  }
}

async function run(script: LoadedScript, given: Given): Promise<Pick<Tried, "fault" | "answer">> {
  const name = FUNCTION_OF[script.ref.kind];
  if ("values" in given) return await runSteps(script, name, given);
  if ("files" in given) return await runReads(script, name, given);
  const input = "facts" in given ? given.facts : codecInput(given, script.exports);
  const [answer] = await script.call(name, [input]);
  if ("fault" in answer) return { fault: answer.fault, answer: null };
  return { fault: null, answer: answer.ok };
}

function codecInput(
  { topic, payload, tMs }: { topic: string; payload: Uint8Array; tMs: number },
  exports: Readonly<Record<string, unknown>>,
) {
  const text = new TextDecoder().decode(payload);
  const bytes = exports.binary === true ? { bytes: [...payload] } : {};
  return { topic, text, ...bytes, received_ms: tMs };
}

async function runSteps(
  script: LoadedScript,
  name: string,
  { sensor, values, tMs }: { sensor: string; values: readonly number[]; tMs: number },
): Promise<Pick<Tried, "fault" | "answer">> {
  const steps = values.map((value, i) => ({
    kind: "reading",
    t_ms: tMs - (values.length - i) * 1_000,
    value,
    sensor: { path: sensor, unit: null },
  }));
  const { answers } = await script.fold(name, null, steps);
  const bad = answers.find((one): one is { fault: ScriptFault } => "fault" in one);
  if (bad !== undefined) return { fault: bad.fault, answer: null };
  return { fault: null, answer: answers.flatMap(findingsOf) };
}

function findingsOf(answer: ScriptAnswer): unknown[] {
  const { findings } = (answer as { ok: { findings?: unknown } }).ok;
  return Array.isArray(findings) ? findings : findings == null ? [] : [findings];
}

/** A driver asks for files, gets them, and asks again or gives values. */
async function runReads(
  script: LoadedScript,
  name: string,
  { files, tMs }: { files: Readonly<Record<string, string>>; tMs: number },
): Promise<Pick<Tried, "fault" | "answer">> {
  let state: unknown = null;
  let input: Record<string, unknown> = { t_ms: tMs };
  for (let turn = 0; turn < DRIVER_TURNS; turn++) {
    const folded = await script.fold(name, state, [input]);
    const [answer] = folded.answers;
    if ("fault" in answer) return { fault: answer.fault, answer: null };
    const { read, list, ...rest } = answer.ok as { read?: unknown; list?: unknown };
    if (!Array.isArray(read) && !Array.isArray(list)) return { fault: null, answer: rest };
    state = folded.state;
    const texts = (asked: unknown) => Array.isArray(asked) ? asked.map(String) : [];
    input = {
      t_ms: tMs,
      files: Object.fromEntries(texts(read).map((path) => [path, files[path] ?? null])),
      folders: Object.fromEntries(texts(list).map((path) => [path, namesBelow(files, path)])),
    };
  }
  return { fault: contractFault(ENDLESS), answer: null };
}

function namesBelow(files: Readonly<Record<string, string>>, folder: string): string[] | null {
  const below = Object.keys(files).filter((path) => path.startsWith(`${folder}/`));
  const names = below.map((path) => path.slice(folder.length + 1).split("/")[0]);
  return below.length === 0 ? null : [...new Set(names)].sort();
}

/** So often a driver is handed what it asks for before it gives values. */
export const DRIVER_TURNS = 8;
export const ENDLESS = `it asks for files again and again: it has to give values after ` +
  `${DRIVER_TURNS} answers at most`;

const VALUES_MOST = 10_000;

/**
 * What a person typed, or a sample that they chose, as input. A codec is given a topic and a payload, a detector a
 * sensor and values, a fault detector facts as JSON, a driver files as JSON. @throws PerchError `validation`
 */
export function givenOf(
  kind: ScriptKind,
  { topic, payload }: { topic: string; payload: string },
  tMs: number,
): Given {
  if (kind === "codec") return { topic, payload: new TextEncoder().encode(payload), tMs };
  if (kind === "detector") {
    const values = payload.split(/[\s,;]+/).filter((one) => one !== "").map(Number);
    if (values.length > VALUES_MOST || values.some((value) => !Number.isFinite(value))) {
      throw invalid("payload", `numbers, at most ${VALUES_MOST}, with blanks between them`);
    }
    return { sensor: topic, values, tMs };
  }
  if (kind === "driver") return { files: filesOf(payload), tMs };
  try {
    return { facts: payload.trim() === "" ? {} : JSON.parse(payload) };
  } catch {
    throw invalid("payload", "facts as JSON");
  }
}

function filesOf(payload: string): Record<string, string> {
  try {
    const files = JSON.parse(payload.trim() === "" ? "{}" : payload);
    if (typeof files === "object" && files !== null && !Array.isArray(files)) {
      return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, String(text)]));
    }
  } catch { /* said below */ }
  throw invalid("payload", 'files as JSON: {"/sys/…/value": "21437"}');
}

function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}

/** Names a sample among the others. */
export function sampleId({ tMs, topic, payload }: Sample): string {
  const hash = createHash("sha256").update(topic).update("\0").update(payload).digest("hex");
  return `${tMs}-${hash.slice(0, 8)}`;
}
