/** What the console is doing: a state, what happens to it, and what it asks for. Nothing here waits or writes. */
import { diffRows } from "./corrected.ts";
import type { Key } from "./keys.ts";
import type { Approver, FaultView, ProposalView } from "./view.ts";

export type Mode =
  | { name: "fault" }
  | { name: "status"; lines: readonly string[] }
  /** The diff is shown from this line on. */
  | { name: "confirm"; fault: number; proposal: ProposalView; top: number }
  | {
    name: "sign_in";
    fault: number;
    proposal: ProposalView;
    asks: "email" | "password" | "code";
    email: string;
    password: string;
    code: string;
  };

export interface ConsoleState {
  /** The open ones. */
  faults: readonly FaultView[];
  /** Id of the one that is shown. */
  chosen: number | null;
  mode: Mode;
  /** What was asked for and has no answer yet. */
  busy: string | null;
  notice: { text: string; bad: boolean } | null;
  /** Of the terminal. */
  columns: number;
  /** Why what is shown may be old. */
  lost: string | null;
}

/** What only the running Perch can do. */
export type Ask =
  | { name: "resume"; component: string }
  | { name: "propose"; fault: number }
  | { name: "apply"; fault: number; proposal: number; diffHash: string; approver: Approver }
  | { name: "status" }
  /** `q`. */
  | { name: "quit" }
  /** Ctrl-C. */
  | { name: "end" };

export type Happening =
  | { name: "key"; key: Key }
  | { name: "seen"; faults: readonly FaultView[] }
  /** `again`: address or password were wrong. */
  | { name: "answered"; text: string; bad: boolean; again?: boolean }
  | { name: "lost"; text: string }
  /** The password was right and a code is missing or wrong. */
  | { name: "code_needed"; text: string }
  | { name: "status"; lines: readonly string[] };

/** Longest address, password and code. */
const MOST_TYPED = 1_024;
const PAGE = 10;

export function initialState(): ConsoleState {
  return {
    faults: [],
    chosen: null,
    mode: { name: "fault" },
    busy: null,
    notice: null,
    lost: null,
    columns: 80,
  };
}

/** The fault that is shown. */
export function chosenFault({ faults, chosen }: ConsoleState): FaultView | null {
  return faults.find(({ id }) => id === chosen) ?? null;
}

/** What follows from what happened. */
export function next(
  state: ConsoleState,
  what: Happening,
): { state: ConsoleState; ask: Ask | null } {
  switch (what.name) {
    case "key":
      return onKey(state, what.key);
    case "seen":
      return only(onSeen(state, what.faults));
    case "answered":
      return only(onAnswer(state, what));
    case "lost":
      return only({ ...state, lost: what.text });
    case "code_needed":
      return only(onCodeNeeded(state, what.text));
    case "status":
      return only({ ...state, busy: null, mode: { name: "status", lines: what.lines } });
  }
}

const only = (state: ConsoleState) => ({ state, ask: null });

function onSeen(state: ConsoleState, faults: readonly FaultView[]): ConsoleState {
  const stays = faults.some(({ id }) => id === state.chosen);
  const seen = {
    ...state,
    lost: null,
    faults,
    chosen: stays ? state.chosen : faults[0]?.id ?? null,
  };
  const { mode } = state;
  const isAbout = mode.name === "confirm" || mode.name === "sign_in";
  if (!isAbout || state.busy !== null || faults.some(({ id }) => id === mode.fault)) return seen;
  return {
    ...seen,
    mode: { name: "fault" },
    notice: { text: "The fault is over; nothing was applied.", bad: false },
  };
}

function onAnswer(
  state: ConsoleState,
  { text, bad, again = false }: Extract<Happening, { name: "answered" }>,
): ConsoleState {
  const { mode } = state;
  const answered = { ...state, busy: null, notice: { text, bad } };
  if (mode.name !== "sign_in") return answered;
  return {
    ...answered,
    mode: again ? signIn(mode.fault, mode.proposal) : { name: "fault" },
  };
}

function onCodeNeeded(state: ConsoleState, text: string): ConsoleState {
  const { mode } = state;
  const notice = { text, bad: true };
  if (mode.name !== "sign_in") return { ...state, busy: null, notice };
  return { ...state, busy: null, notice, mode: { ...mode, asks: "code", code: "" } };
}

type Step = { state: ConsoleState; ask: Ask | null };

function onKey(state: ConsoleState, key: Key): Step {
  if (key.name === "end") return { state, ask: { name: "end" } };
  const { mode } = state;
  switch (mode.name) {
    case "fault":
      return onFaultKey(state, key);
    case "status":
      if (key.name === "text" && key.text === "q") return { state, ask: { name: "quit" } };
      return only({ ...state, mode: { name: "fault" } });
    case "confirm":
      return only(onConfirmKey(state, mode, key));
    case "sign_in":
      return onSignInKey(state, mode, key);
  }
}

function onFaultKey(state: ConsoleState, key: Key): Step {
  const fault = chosenFault(state);
  if (key.name === "up") return only(choose(state, -1));
  if (key.name === "down") return only(choose(state, 1));
  if (key.name === "enter") {
    if (fault === null) return only(state);
    if (!fault.paused) return only(say(state, `${fault.component} is not paused.`));
    const ask = { name: "resume", component: fault.component } as const;
    return begin(state, `Resuming ${fault.component} …`, ask);
  }
  if (key.name !== "text") return only(state);
  if (key.text >= "1" && key.text <= "9") {
    const chosen = state.faults[Number(key.text) - 1]?.id ?? state.chosen;
    return only({ ...state, chosen, notice: null });
  }
  switch (key.text) {
    case "q":
      return { state, ask: { name: "quit" } };
    case "s":
      return begin(state, "Asking …", { name: "status" });
    case "r":
      if (fault === null) return only(state);
      return begin(state, "Looking for a correction …", { name: "propose", fault: fault.id });
    case "a":
      return only(fault === null ? state : confirm(state, fault));
    default:
      return only(state);
  }
}

function choose(state: ConsoleState, by: number): ConsoleState {
  const at = state.faults.findIndex(({ id }) => id === state.chosen) + by;
  const chosen = state.faults[at]?.id ?? state.chosen;
  return { ...state, chosen, notice: chosen === state.chosen ? state.notice : null };
}

function confirm(state: ConsoleState, fault: FaultView): ConsoleState {
  if (fault.proposal === null) {
    return say(state, "There is no correction to apply; r looks for one.");
  }
  const mode = { name: "confirm", fault: fault.id, proposal: fault.proposal, top: 0 } as const;
  return { ...state, notice: null, mode };
}

const say = (state: ConsoleState, text: string): ConsoleState => ({
  ...state,
  notice: { text, bad: false },
});

/** One thing at a time is asked for. */
function begin(state: ConsoleState, busy: string, ask: Ask): Step {
  if (state.busy !== null) return only(state);
  return { state: { ...state, busy, notice: null }, ask };
}

function onConfirmKey(
  state: ConsoleState,
  mode: Extract<Mode, { name: "confirm" }>,
  key: Key,
): ConsoleState {
  const { fault, proposal } = mode;
  const scroll = (by: number) => {
    const last = diffRows(proposal.diff, state.columns - 1).length - 1;
    return { ...state, mode: { ...mode, top: Math.max(0, Math.min(last, mode.top + by)) } };
  };
  switch (key.name) {
    case "up":
      return scroll(-1);
    case "down":
      return scroll(1);
    case "page_up":
      return scroll(-PAGE);
    case "page_down":
      return scroll(PAGE);
    case "enter":
      return { ...state, notice: null, mode: signIn(fault, proposal) };
    case "escape":
      return { ...state, mode: { name: "fault" } };
    default:
      return key.name === "text" && (key.text === "q" || key.text === "n")
        ? { ...state, mode: { name: "fault" } }
        : state;
  }
}

function signIn(fault: number, proposal: ProposalView): Mode {
  return {
    name: "sign_in",
    fault,
    proposal,
    asks: "email",
    email: "",
    password: "",
    code: "",
  };
}

function onSignInKey(
  state: ConsoleState,
  mode: Extract<Mode, { name: "sign_in" }>,
  key: Key,
): Step {
  if (state.busy !== null) return only(state);
  const typed = mode[mode.asks];
  const type = (text: string) => only({ ...state, mode: { ...mode, [mode.asks]: text } });
  switch (key.name) {
    case "escape":
      return only({ ...state, mode: { name: "fault" }, notice: null });
    case "backspace":
      return type([...typed].slice(0, -1).join(""));
    case "text":
      return typed.length >= MOST_TYPED ? only(state) : type(typed + key.text);
    case "tab":
    case "enter":
      return typed.trim() === "" ? only(state) : submit(state, mode);
    default:
      return only(state);
  }
}

function submit(state: ConsoleState, mode: Extract<Mode, { name: "sign_in" }>): Step {
  if (mode.asks === "email") {
    return only({ ...state, mode: { ...mode, asks: "password" }, notice: null });
  }
  const { fault, proposal, password } = mode;
  const email = mode.email.trim();
  const approver = mode.asks === "code"
    ? { email, password, code: mode.code.trim() }
    : { email, password };
  return begin(state, "Applying …", {
    name: "apply",
    fault,
    proposal: proposal.id,
    diffHash: proposal.diff_hash,
    approver,
  });
}
