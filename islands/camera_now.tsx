import { type Signal, signal } from "@preact/signals";
import type { VNode } from "preact";
import type { CameraStatus } from "../lib/cameras/camera_view.ts";
import { CAMERA_WORDS, cameraNeedsHelp, type CameraState } from "../lib/words/cameras.ts";
import { dateTime, duration } from "../lib/words/times.ts";
import { now, onCamera } from "./live.ts";

/** How a camera is, since the page was loaded. */
export interface CameraLatest {
  state: CameraState;
  sinceMs: number;
  text: string;
  score: number;
  fps: number;
  /** Of its newest picture, when this was heard; null: there is none. */
  ageMs: number | null;
  /** When it was heard, by this browser's clock. */
  atMs: number;
}

const latest = new Map<string, Signal<CameraLatest | null>>();

/** How the camera is; null before anything was heard of it. */
export function cameraNow(id: string): Signal<CameraLatest | null> {
  let found = latest.get(id);
  if (found === undefined) latest.set(id, found = signal(null));
  return found;
}

if (typeof document !== "undefined") onCamera(hear);

function hear(status: CameraStatus): void {
  const { state, since_ms, text, score, fps, frame_age_ms } = status;
  cameraNow(status.id).value = {
    ...{ state, sinceMs: since_ms, text, score, fps },
    ...{ ageMs: frame_age_ms, atMs: Date.now() },
  };
}

export interface CameraNowProps {
  id: string;
  state: CameraState;
  sinceMs: number;
  /** How it is and what to do; shown where something is the matter, or always. */
  text: string;
  /** Says it in a sentence, too. */
  sentence: boolean;
  nowMs: number;
  zone: string;
}

/** The state of a camera and since when; it changes in place. */
export function CameraNow(props: CameraNowProps): VNode {
  const here = typeof document !== "undefined";
  const { state, sinceMs, text } = (here ? cameraNow(props.id).value : null) ?? props;
  const nowMs = here ? Math.max(now.value, props.nowMs) : props.nowMs;
  return (
    <>
      <CameraWord state={state} />
      {state !== "live" && (
        <span class="muted">
          {" for "}
          <time
            dateTime={new Date(sinceMs).toISOString()}
            title={`since ${dateTime(sinceMs, props.zone)}`}
          >
            {duration(Math.max(1_000, nowMs - sinceMs))}
          </time>
        </span>
      )}
      {props.sentence && <span class="camera-text">{text}</span>}
    </>
  );
}

/** A state as a word, with a mark and colour where it wants attention. */
export function CameraWord({ state }: { state: CameraState }): VNode {
  const tone = !cameraNeedsHelp(state) ? "muted" : state === "lost" ? "critical" : "warning";
  return (
    <span class={`status ${tone}`}>
      {tone !== "muted" && (
        <span class="mark" aria-hidden="true">{tone === "critical" ? "■" : "▲"}</span>
      )}
      {CAMERA_WORDS[state]}
    </span>
  );
}
