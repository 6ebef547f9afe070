/** A person at the console: draws what is known, reads keys, and asks the running Perch for what they mean. */
import type { Clock } from "../../base/clock.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import { type Pane, roomFor } from "./pane.ts";
import { screen } from "./screen.ts";
import { type Ask, type ConsoleState, type Happening, initialState, next } from "./state.ts";
import type { Tty } from "./tty.ts";
import type { ConsoleCalls, FaultView } from "./view.ts";

export interface SessionOptions {
  calls: ConsoleCalls;
  tty: Tty;
  pane: Pane;
  clock: Clock;
  /** What `q` does, as the keys' line says it. */
  quit: string;
  /** Is asked after each look: true ends it. */
  isDone?(faults: readonly FaultView[]): boolean;
  /** Ends it from outside. */
  signal?: AbortSignal;
}

/** Why it ended: by `q`, by Ctrl-C (`end`), from outside (`stop`), `gone` with the terminal or a signal, `done` as there is nothing more to show. */
export interface SessionEnd {
  why: "quit" | "end" | "stop" | "gone" | "done";
  /** What stood there last as an answer. */
  said: string | null;
}

const LOOK_MS = 500;
const TICK_MS = 1_000;

/** Runs until it ends, and leaves the terminal as it was. */
export async function runSession(options: SessionOptions): Promise<SessionEnd> {
  const { calls, tty, pane, clock, quit, isDone, signal } = options;
  const ended = Promise.withResolvers<SessionEnd["why"]>();
  const over = new AbortController();
  const isOver = () => over.signal.aborted;
  let state: ConsoleState = initialState();

  const lines = () =>
    screen(state, { ...roomFor(tty.size()), colour: tty.hasColour, nowMs: clock.now(), quit });
  const draw = () => pane.show(lines());
  const happens = (what: Happening) => {
    if (isOver()) return;
    const step = next({ ...state, columns: tty.size().columns }, what);
    state = step.state;
    draw();
    if (step.ask !== null) void answer(step.ask);
  };

  async function answer(ask: Ask): Promise<void> {
    if (ask.name === "quit" || ask.name === "end") return ended.resolve(ask.name);
    happens(await answerTo(ask, calls).catch(refusalOf));
    await look();
  }

  async function look(): Promise<void> {
    try {
      const faults = await calls.openFaults();
      happens({ name: "seen", faults });
      if (isDone?.(faults) && state.busy === null) ended.resolve("done");
    } catch (error) {
      happens({ name: "lost", text: messageOf(error) });
    }
  }

  async function keepLooking(): Promise<void> {
    while (!isOver()) {
      await look();
      await clock.sleep(LOOK_MS, over.signal).catch(() => {});
    }
  }

  const restore = tty.open({
    onKey: (key) => happens({ name: "key", key }),
    onRedraw: () => pane.redraw(lines()),
    onGone: () => ended.resolve("gone"),
  });
  const ticking = setInterval(draw, TICK_MS);
  const abort = () => ended.resolve("stop");
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  const looking = keepLooking();
  try {
    const why = await Promise.race([ended.promise, looking.then(() => ended.promise)]);
    return { why, said: state.notice?.text ?? null };
  } finally {
    over.abort();
    clearInterval(ticking);
    signal?.removeEventListener("abort", abort);
    restore();
  }
}

async function answerTo(
  ask: Exclude<Ask, { name: "quit" | "end" }>,
  calls: ConsoleCalls,
): Promise<Happening> {
  const said = ({ text }: { text: string }): Happening => ({ name: "answered", text, bad: false });
  switch (ask.name) {
    case "resume":
      return said(await calls.resumeComponent({ component: ask.component }));
    case "propose":
      return said(await calls.proposeCorrection({ fault: ask.fault }));
    case "apply": {
      const { fault, proposal, diffHash, approver } = ask;
      return said(await calls.applyCorrection({ fault, proposal, diffHash, ...approver }));
    }
    case "status":
      return { name: "status", lines: (await calls.consoleStatus()).lines };
  }
}

/** What a refusal means for who is typing. */
function refusalOf(error: unknown): Happening {
  const text = messageOf(error);
  if (!(error instanceof PerchError)) return { name: "answered", text, bad: true };
  if (error.errors.some(({ path }) => path === "code")) return { name: "code_needed", text };
  return { name: "answered", text, bad: true, again: error.code === "unauthenticated" };
}
