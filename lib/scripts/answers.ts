/** Turns what came out of an interpreter into answers. Pure; whatever a script forged is bounded here. */
import { LIMITS } from "./limits.ts";
import type { Exceeded, Thrown } from "./messages.ts";
import { FUNCTION_OF, type ScriptAnswer, type ScriptFault, type ScriptKind } from "./script.ts";

/** What a script exports. */
export interface Exported {
  exports: Record<string, unknown>;
  functions: string[];
}

/** Reads the answers of a call. @throws Error when it is no array of answers: nothing the harness writes */
export function readAnswers(text: string, source: string, file: string): ScriptAnswer[] {
  const answers = JSON.parse(text) as ({ ok: unknown } | { thrown: Thrown })[];
  return answers.map((one): ScriptAnswer => {
    if ("thrown" in one) return { fault: faultOf(one.thrown, source, file) };
    return fits(one.ok, LIMITS.depth) ? { ok: one.ok } : { fault: TOO_DEEP };
  });
}

/** Reads what a script exports, and holds it against what its kind has to export. */
export function readExports(
  text: string,
  kind: ScriptKind,
): { exported: Exported } | { fault: ScriptFault } {
  if (text.length > LIMITS.outputChars) return { fault: exceededFault("output") };
  const exported = JSON.parse(text) as Exported;
  if (!fits(exported.exports, LIMITS.depth)) return { fault: TOO_DEEP };
  const wanted = FUNCTION_OF[kind];
  if (!exported.functions.includes(wanted)) {
    const fault = contractFault(`it has to export a function ${wanted}`);
    return { fault };
  }
  return { exported };
}

export function contractFault(message: string): ScriptFault {
  return { type: "contract", message, line: null, column: null };
}

const TOO_DEEP: ScriptFault = {
  type: "shape",
  message: `what it answered is nested more than ${LIMITS.depth} deep`,
  line: null,
  column: null,
};

const EXCEEDED: Readonly<Record<Exceeded, string>> = {
  time: "it did not come to an end in time and was stopped",
  memory: `it needs more than ${LIMITS.memoryBytes / 1024 / 1024} MB of memory`,
  output: "its answer is larger than 1 MB",
};

export function exceededFault(type: Exceeded): ScriptFault {
  return { type, message: EXCEEDED[type], line: null, column: null };
}

/** What was thrown as a fault, with the first place that is in the script. */
export function faultOf(
  { name, message, stack }: Thrown,
  source: string,
  file: string,
): ScriptFault {
  if (name === "Output") return exceededFault("output");
  if (name === "InternalError" && message === "out of memory") return exceededFault("memory");
  const place = placeIn(stack, source, file);
  const type = name === "SyntaxError" && !/\bat (?!\S*perch\.js)\S+ \(/.test(stack)
    ? "syntax"
    : "runtime";
  const text = plain(message).slice(0, LIMITS.messageChars);
  const shown = name === "" || name === "Error" ? text : `${plain(name).slice(0, 64)}: ${text}`;
  return { type, message: shown === "" ? "it threw something without a message" : shown, ...place };
}

function placeIn(
  stack: string,
  source: string,
  file: string,
): Pick<ScriptFault, "line" | "column"> {
  const at = stack.indexOf(`${file}:`);
  const match = at < 0 ? null : /^(\d{1,7})(?::(\d{1,7}))?/.exec(stack.slice(at + file.length + 1));
  if (match === null) return { line: null, column: null };
  const line = Number(match[1]);
  if (line < 1 || line > source.split("\n").length) return { line: null, column: null };
  const column = Number(match[2] ?? 0);
  return { line, column: column < 1 ? null : column };
}

/** Without characters that a terminal or a page would act on. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, " ").trim();
}

/** Arrays and objects lie in each other at most so deep. */
function fits(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((one) => fits(one, depth - 1));
}
