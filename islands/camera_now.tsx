import { type Signal, signal } from "@preact/signals";
import type { VNode } from "preact";
import type { CameraStatus } from "../lib/cameras/camera_view.ts";
import { CAMERA_WORDS, cameraNeedsHelp, type CameraState } from "../lib/words/cameras.ts";
import { dateTime, lasted } from "../lib/words/times.ts";
import { now, onCamera, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

/** What was heard of a camera since the page was loaded. */
export interface CameraNews {
  status: CameraStatus;
  /** When it was heard, by this browser's clock. */
  atMs: number;
}

const latest = new Map<string, Signal<CameraNews | null>>();

/** How the camera is; null before anything was heard of it. */
export function cameraNews(id: string): Signal<CameraNews | null> {
  let found = latest.get(id);
  if (found === undefined) latest.set(id, found = signal(null));
  return found;
}

if (typeof document !== "undefined") {
  onCamera(hear);
  // What was missed for good, such as over a new start of Perch.
  onReset(async () => {
    const answer = await fetchOwn("/api/cameras").catch(() => null);
    if (answer?.ok) { for (const { status } of (await answer.json()).items) hear(status); }
  });
}

function hear(status: CameraStatus): void {
  cameraNews(status.id).value = { status, atMs: Date.now() };
}

export interface CameraNowProps {
  status: CameraStatus;
  /** With why, where something is the matter. */
  sentence: boolean;
  nowMs: number;
  zone: string;
}

/** The state of a camera and since when; it changes in place. */
export function CameraNow({ status, sentence, nowMs, zone }: CameraNowProps): VNode {
  const here = typeof document !== "undefined";
  const { state, since_ms, last_error } = here
    ? cameraNews(status.id).value?.status ?? status
    : status;
  const atMs = here ? Math.max(now.value, nowMs) : nowMs;
  return (
    <>
      <CameraWord state={state} />
      {state !== "off" && (
        <span class="muted">
          {" for "}
          <time
            dateTime={new Date(since_ms).toISOString()}
            title={`since ${dateTime(since_ms, zone)}`}
          >
            {lasted(atMs - since_ms)}
          </time>
        </span>
      )}
      {sentence && saysWhy(state) && last_error !== null && <p class="camera-text">{last_error}</p>}
    </>
  );
}

/** Where all is well the last trouble is history, and belongs to the health. */
export function saysWhy(state: CameraState): boolean {
  return state !== "live";
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
