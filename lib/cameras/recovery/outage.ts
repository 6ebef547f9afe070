import { CAMERA_TROUBLES, type CameraState } from "../../words/cameras.ts";
import type { Severity } from "../../words/severity.ts";
import { span } from "../../words/times.ts";
import type { EventDraft } from "../../events/event.ts";

/** What happened to a camera, as an event of its outage. */
export type OutageEvent = Pick<EventDraft, "type" | "severity" | "text" | "body">;

/**
 * An outage, from the first bad picture, or none, to the first good one. What repeats within it is counted: it has
 * one event for each way in which the pictures are bad and one for each level that is reached.
 */
export interface Outage {
  /** Null: there is nothing new in it. */
  enter(state: CameraState, why: string | null, nowMs: number): OutageEvent | null;
  tryAgain(level: 1 | 2 | 3, nowMs: number): OutageEvent | null;
  /** Pictures are good; null: they were not bad. */
  end(nowMs: number): OutageEvent | null;
}

const LEVEL_TEXTS = {
  1: "is being started anew",
  2: "does not come back: its device is being opened anew",
} as const;

/** Keeps what was said of the present outage. Times are monotonic. */
export function createOutage(name: string): Outage {
  let begunMs: number | null = null;
  let tries = 0;
  let level = 0;
  let states = new Set<CameraState>();

  const event = (type: OutageEvent["type"], severity: Severity, text: string, nowMs: number) => ({
    type,
    severity,
    text: `the camera ${name} ${text}`,
    body: { tries, level, lasted_ms: Math.round(nowMs - (begunMs ?? nowMs)) },
  });

  return {
    enter(state, why, nowMs) {
      const trouble = CAMERA_TROUBLES[state];
      if (trouble === null || states.has(state)) return null;
      states.add(state);
      begunMs ??= nowMs;
      // What a picture looks like says itself why it is bad.
      const because = state === "lost" && why !== null ? `: ${why.replace(/\.$/, "")}` : "";
      return event("camera.lost", "warning", trouble + because, nowMs);
    },
    tryAgain(next, nowMs) {
      if (begunMs === null) return null;
      tries++;
      if (next <= level) return null;
      level = next;
      return next === 3 ? null : event("camera.recovering", "info", LEVEL_TEXTS[next], nowMs);
    },
    end(nowMs) {
      if (begunMs === null) return null;
      const times = tries === 1 ? "1 try" : `${tries} tries`;
      const after = span(Math.max(1_000, Math.round((nowMs - begunMs) / 1000) * 1000));
      const text = `gives good pictures again, after ${after} and ${times}`;
      const back = event("camera.back", "info", text, nowMs);
      begunMs = null;
      tries = level = 0;
      states = new Set();
      return back;
    },
  };
}
