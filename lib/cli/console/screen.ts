/** The console as lines of text: a pure function of what is known, the size of the terminal and its colours. */
import { type FaultSeverity, waitingWords } from "../../words/fault.ts";
import { around, type CorrectedLine, correctedLines, diffRows } from "./corrected.ts";
import { chosenFault, type ConsoleState, type Mode } from "./state.ts";
import { clip, fold, safeText, textWidth, wrap } from "./text.ts";
import type { FaultView } from "./view.ts";

export interface Size {
  columns: number;
  rows: number;
}

export interface ScreenOptions extends Size {
  colour: boolean;
  nowMs: number;
  /** What `q` does, in a word or two. */
  quit: string;
}

/** A line's look: a colour of the terminal, or bold. */
type Look = "bold" | "dim" | "red" | "yellow" | "green" | "cyan";
const LOOKS: Readonly<Record<Look, string>> = {
  bold: "1",
  dim: "2",
  red: "1;31",
  yellow: "33",
  green: "32",
  cyan: "36",
};

interface Line {
  text: string;
  look?: Look;
}

const SEVERITY_LOOK: Readonly<Record<FaultSeverity, Look>> = {
  critical: "red",
  high: "red",
  medium: "yellow",
  low: "cyan",
};
const LABEL = 11;
const LEAST_CODE = 4;

/** At most `rows` lines, none as wide as the terminal. */
export function screen(state: ConsoleState, options: ScreenOptions): string[] {
  // The last column stays free: some terminals begin a new line once it is written.
  const columns = Math.max(1, options.columns - 1);
  const rows = Math.max(1, options.rows);
  const bottom = [...noticeOf(state, columns), ...keysOf(state, options, columns)].slice(-rows);
  const top = topOf(state, options, { columns, rows: rows - bottom.length });
  return [...top, ...bottom].map((line) => drawn(line, columns, options.colour));
}

function drawn({ text, look }: Line, columns: number, colour: boolean): string {
  const shown = clip(text, columns);
  return colour && look !== undefined && shown !== ""
    ? `\x1b[${LOOKS[look]}m${shown}\x1b[0m`
    : shown;
}

function topOf(state: ConsoleState, options: ScreenOptions, room: Size): Line[] {
  const { mode } = state;
  switch (mode.name) {
    case "status":
      return cut(statusLines(mode.lines, room.columns), room.rows);
    case "confirm":
      return confirmLines(mode, room);
    case "sign_in":
      return cut(signInLines(mode, room.columns), room.rows);
    case "fault": {
      const fault = chosenFault(state);
      if (fault === null) return cut(quietLines(room.columns), room.rows);
      return faultLines(state, fault, options, room);
    }
  }
}

const cut = (lines: Line[], rows: number) => lines.slice(0, Math.max(0, rows));
const wrapped = (text: string, columns: number, look?: Look, most?: number): Line[] =>
  wrap(safeText(text), columns, most).map((line) => ({ text: line, look }));

function quietLines(columns: number): Line[] {
  return wrapped("Nothing is wrong: no fault is open. What comes is shown here.", columns, "bold");
}

function faultLines(
  state: ConsoleState,
  fault: FaultView,
  { nowMs }: ScreenOptions,
  room: Size,
): Line[] {
  const head = wrapped(headline(state, fault), room.columns, SEVERITY_LOOK[fault.severity], 3);
  const full = factsOf(fault, nowMs, room.columns);
  const needed = head.length + full.length + LEAST_CODE + 2;
  const isRoomy = needed <= room.rows;
  const facts = isRoomy ? full : briefFacts(fault, nowMs, room.columns);
  const above = isRoomy ? [...head, BLANK, ...facts, BLANK] : [...head, ...facts];
  const code = codeLines(fault, { ...room, rows: room.rows - above.length });
  return cut([...above, ...code], room.rows);
}

const BLANK: Line = { text: "" };

function headline({ faults }: ConsoleState, fault: FaultView): string {
  const { component, paused, waiting } = fault;
  const place = faults.length > 1
    ? `Fault ${faults.indexOf(fault) + 1} of ${faults.length}: `
    : "Fault: ";
  const held = waitingWords(component, waiting);
  const state = paused ? ` is paused${held === null ? "" : `, ${held}`}` : " goes on";
  return `${place}${component}${state}`;
}

/** One line for each, in R3's order. */
function factsOf(fault: FaultView, nowMs: number, columns: number): Line[] {
  return [
    ...fact("Time", timeOf(fault, nowMs), columns, 1),
    ...fact("Type", fault.type, columns, 1),
    ...fact("Severity", severityOf(fault), columns, 1),
    ...fact("Message", fault.message, columns, 3),
    ...fact("File", fault.file ?? "none", columns, 2),
    ...fact("Line", lineOf(fault) ?? "not known", columns, 1),
    ...fact("Component", fault.component, columns, 2),
  ];
}

/** The same where there are few rows. */
function briefFacts(fault: FaultView, nowMs: number, columns: number): Line[] {
  const at = lineOf(fault);
  const place = fault.file === null
    ? "no file"
    : `${fault.file}${at === null ? "" : `, line ${at}`}`;
  return [
    ...wrapped(fault.message, columns, undefined, 2),
    ...wrapped(place, columns, undefined, 1),
    ...wrapped(`${fault.severity}, ${fault.type}, ${timeOf(fault, nowMs)}`, columns, undefined, 1),
  ];
}

function fact(label: string, value: string, columns: number, most: number): Line[] {
  const [first, ...more] = wrap(safeText(value), columns - LABEL, most);
  return [
    { text: label.padEnd(LABEL) + first },
    ...more.map((text) => ({ text: " ".repeat(LABEL) + text })),
  ];
}

function timeOf({ first_ms }: FaultView, nowMs: number): string {
  const utc = new Date(first_ms).toISOString().slice(0, 19).replace("T", " ");
  return `${utc} UTC, ${ago(nowMs - first_ms)} ago`;
}

function ago(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1_000));
  if (s < 120) return `${s} s`;
  if (s < 7_200) return `${Math.floor(s / 60)} min`;
  return s < 172_800 ? `${Math.floor(s / 3_600)} h` : `${Math.floor(s / 86_400)} days`;
}

const severityOf = ({ severity, paused }: FaultView) => paused ? `${severity} (paused)` : severity;

function lineOf({ line, column }: FaultView): string | null {
  if (line === null) return null;
  return column === null ? String(line) : `${line}, column ${column}`;
}

function codeLines(fault: FaultView, { columns, rows }: Size): Line[] {
  const { proposal } = fault;
  if (proposal === null) {
    return wrapped(fault.instead ?? "No correction is proposed yet.", columns, "dim");
  }
  const title = `Corrected code of ${proposal.target} (${proposal.author})`;
  const why = rows > LEAST_CODE + 2 ? wrapped(proposal.text, columns, "dim", 2) : [];
  const tried = rows > LEAST_CODE + 6
    ? proposal.tried.flatMap((one) => wrapped(one, columns, "dim", 2)).slice(0, 3)
    : [];
  const head = [...wrapped(title, columns, "bold", 1), ...why];
  const room = rows - head.length - tried.length;
  const whole = correctedLines(proposal.diff);
  const lines = around(whole, room);
  const hidden = whole.some((line) => line.isNew && !lines.includes(line));
  const all = numbered(lines, columns);
  const code = all.length <= room && !hidden ? all : [...cut(all, room - 1), MORE];
  return [...head, ...code, ...tried];
}

const MORE: Line = { text: "… (a shows all of it)", look: "dim" };

/** What is new is shown to its end. */
function numbered(lines: readonly CorrectedLine[], columns: number): Line[] {
  const digits = String(Math.max(...lines.map(({ number }) => number ?? 0))).length;
  const gutter = digits + 3;
  return lines.flatMap(({ number, text, isNew }): Line[] => {
    if (number === null) return [{ text: `${" ".repeat(gutter)}…`, look: "dim" }];
    const at = String(number).padStart(digits);
    if (!isNew) return [{ text: `${at}   ${safeText(text)}` }];
    return fold(safeText(text), columns - gutter).map((line, i) => ({
      text: (i === 0 ? `${at} + ` : " ".repeat(gutter)) + line,
      look: "green",
    }));
  });
}

function confirmLines({ proposal, top }: Extract<Mode, { name: "confirm" }>, room: Size): Line[] {
  const head = [
    ...wrapped(`Apply this to ${proposal.target}?`, room.columns, "bold", 2),
    ...wrapped(`By ${proposal.author}: ${proposal.text}`, room.columns, "dim", 2),
  ];
  const tried = proposal.tried.flatMap((one) => wrapped(one, room.columns, "dim", 2)).slice(0, 4);
  const rows = Math.max(1, room.rows - head.length - tried.length);
  const all = diffRows(proposal.diff, room.columns);
  const from = Math.min(top, Math.max(0, all.length - rows));
  const shown = all.slice(from, from + rows).map(({ text, kind }) => ({
    text,
    look: DIFF_LOOK[kind],
  }));
  return cut([...head, ...shown, ...tried], room.rows);
}

const DIFF_LOOK: Readonly<Record<string, Look>> = { "+": "green", "-": "red", "@": "cyan" };

function signInLines(mode: Extract<Mode, { name: "sign_in" }>, columns: number): Line[] {
  const { proposal, asks, email } = mode;
  const lines = wrapped(
    `An admin approves exactly this change of ${proposal.target}, and signs in for it.`,
    columns,
    "bold",
  );
  // The end of a long address is what is being typed.
  const shown = safeText(email);
  const room = Math.max(1, columns - LABEL - 1);
  const tail = textWidth(shown) > room ? `…${[...shown].slice(1 - room).join("")}` : shown;
  lines.push(BLANK, { text: `${"Email".padEnd(LABEL)}${tail}${asks === "email" ? "_" : ""}` });
  if (asks !== "email") {
    const typing = asks === "password" ? "_ (what you type is not shown)" : "given";
    lines.push({ text: `${"Password".padEnd(LABEL)}${typing}` });
  }
  if (asks === "code") {
    lines.push({ text: `${"Code".padEnd(LABEL)}_ (of your second factor, not shown)` });
  }
  return [...lines, BLANK];
}

function statusLines(lines: readonly string[], columns: number): Line[] {
  return [
    ...wrapped("Status", columns, "bold"),
    ...lines.flatMap((line) => wrapped(line, columns, undefined, 3)),
    BLANK,
  ];
}

function noticeOf({ busy, notice, lost }: ConsoleState, columns: number): Line[] {
  if (lost !== null) return wrapped(lost, columns, "red", 3);
  if (busy !== null) return wrapped(busy, columns, "cyan", 2);
  if (notice === null) return [];
  return wrapped(notice.text, columns, notice.bad ? "red" : "green", 4);
}

/** The keys that do something now, as many to a line as fit. */
function keysOf(state: ConsoleState, { quit }: ScreenOptions, columns: number): Line[] {
  const lines: string[] = [];
  for (const key of keyWords(state, quit)) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last) + 3 + textWidth(key) <= columns) {
      lines[lines.length - 1] = `${last}   ${key}`;
    } else lines.push(key);
  }
  return lines.map((text): Line => ({ text, look: "bold" }));
}

function keyWords({ mode, faults }: ConsoleState, quit: string): string[] {
  switch (mode.name) {
    case "status":
      return ["any key: back", `q ${quit}`];
    case "confirm":
      return ["ENTER sign in and apply", "up/down scroll", "ESC back"];
    case "sign_in":
      return ["ENTER go on", "ESC back, nothing is applied"];
    case "fault": {
      if (faults.length === 0) return ["s status", `q ${quit}`];
      const choose = faults.length > 1 ? [`1-${Math.min(9, faults.length)} or up/down choose`] : [];
      return ["ENTER resume", "a apply", "r regenerate", "s status", `q ${quit}`, ...choose];
    }
  }
}
