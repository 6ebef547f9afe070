/**
 * One attempt to get pictures: one session after another as viewers come and go. The next one takes over with its
 * first picture, so that nobody sees a gap.
 */
import type { Clock } from "../../base/clock.ts";
import type { Wake } from "../../base/wake.ts";
import type { Mode } from "../ffmpeg/arguments.ts";
import { FeedError } from "../fault.ts";
import type { AttemptEnd, Look } from "../picture.ts";
import type { Session, SessionEnd } from "./session.ts";

/** A session with its feed. */
export interface Opened {
  session: Session;
  /** Another may be opened beside it, which decodes more or less. */
  isChangeable: boolean;
}

export interface Taking {
  onFrame(jpeg: Uint8Array<ArrayBuffer>): void;
  onLook(look: Look): void;
}

export interface AttemptDeps extends Taking {
  clock: Clock;
  /** Woken when viewers come or leave. */
  wake: Wake;
  /** @throws FeedError */
  open(mode: Mode, taking: Taking): Promise<Opened>;
  /** What the session that gives pictures should decode. */
  wanted(session: Session | null): Mode;
}

interface Entry {
  opened: Opened | null;
  end: SessionEnd | null;
}

/** A session beside the other that was refused is tried again after so long. */
const AGAIN_MS = 30_000;
/** After so many refusals the camera lets in one at a time: the other is ended first. */
const REFUSALS_MOST = 2;
const LOOK_AROUND_MS = 1_000;

/** Resolves when nothing of it is left. */
export async function runAttempt(deps: AttemptDeps, signal: AbortSignal): Promise<AttemptEnd> {
  const { clock, wake, wanted } = deps;
  const endings = new Set<Promise<void>>();
  let frames = 0;
  let current: Entry = { opened: null, end: null };
  let next: Entry | null = null;
  let notBeforeMs = 0;
  let refusals = 0;

  async function open(entry: Entry, mode: Mode): Promise<void> {
    entry.opened = await deps.open(mode, {
      onFrame(jpeg) {
        if (entry === next) takeOver(entry);
        if (entry !== current) return;
        frames++;
        deps.onFrame(jpeg);
      },
      onLook(look) {
        if (entry === current) deps.onLook(look);
      },
    });
    entry.opened.session.ended.then((end) => {
      entry.end = end;
      wake.now();
    });
  }

  function takeOver(entry: Entry): void {
    retire(current);
    current = entry;
    next = null;
    refusals = 0;
  }

  function retire({ opened }: Entry): void {
    if (opened === null) return;
    const ending: Promise<void> = opened.session.end().finally(() => endings.delete(ending));
    endings.add(ending);
  }

  function refused(): void {
    next = null;
    refusals++;
    notBeforeMs = clock.monotonic() + (refusals < REFUSALS_MOST ? AGAIN_MS : 0);
  }

  /** Opens the session that is wanted beside the one that gives pictures, or in its place. */
  async function change(mode: Mode): Promise<void> {
    if (refusals >= REFUSALS_MOST) return await replace(mode);
    const entry: Entry = { opened: null, end: null };
    next = entry;
    try {
      await open(entry, mode);
    } catch {
      refused();
    }
  }

  async function replace(mode: Mode): Promise<void> {
    retire(current);
    current = { opened: null, end: null };
    await Promise.all(endings);
    await open(current, mode);
  }

  /** Why the attempt is over; null: it is not. */
  function verdict(): SessionEnd | null {
    if (signal.aborted) return { fault: "ended", why: null };
    if (next !== null && next.end !== null) refused();
    if (current.end === null) return null;
    // Both are silent then; what ended otherwise may have made room for the next.
    if (next === null || current.end.fault === "stalled") return current.end;
    current = next;
    next = null;
    return null;
  }

  try {
    await open(current, wanted(null));
    for (;;) {
      const end = verdict();
      if (end !== null) return { ...end, frames };
      const { session, isChangeable } = current.opened!;
      const mode = wanted(session);
      const mayChange = isChangeable && next === null && clock.monotonic() >= notBeforeMs;
      if (mode !== session.mode && mayChange) await change(mode);
      else await wake.sleep(LOOK_AROUND_MS, signal).catch(() => {});
    }
  } catch (error) {
    if (signal.aborted) return { fault: "ended", why: null, frames };
    const { fault, message } = asFeedError(error);
    return { fault, why: message, frames };
  } finally {
    retire(current);
    if (next !== null) retire(next);
    await Promise.all(endings);
  }
}

function asFeedError(error: unknown): FeedError {
  if (error instanceof FeedError) return error;
  return new FeedError("unreachable", "The camera could not be opened.", { cause: error });
}
