import type { VNode } from "preact";
import type { CameraStatus } from "../lib/cameras/camera_view.ts";
import { CAMERA_TROUBLES, cameraNeedsHelp } from "../lib/words/cameras.ts";
import { cameraNews } from "./camera_now.tsx";

/** The heading of a page about one camera or all of them: how they are, in a sentence that stays true. */
export function CameraAnswer({ statuses }: { statuses: readonly CameraStatus[] }): VNode {
  const here = typeof document !== "undefined";
  const now = statuses.map((one) => here ? cameraNews(one.id).value?.status ?? one : one);
  return <h1 class="answer">{now.length === 1 ? sentenceOf(now[0]) : answerOf(now)}</h1>;
}

function sentenceOf({ name, state, last_error }: CameraStatus): string {
  const trouble = CAMERA_TROUBLES[state];
  if (trouble !== null) return `${name} ${trouble}`;
  if (state === "live") return `${name} gives pictures`;
  if (state === "starting") return `${name} is starting`;
  // Nobody switched it off: the host is in need.
  return last_error === null ? `${name} is switched off` : `${name} rests`;
}

function answerOf(all: readonly CameraStatus[]): string {
  const on = all.filter(({ state }) => state !== "off");
  const bad = on.filter(({ state }) => cameraNeedsHelp(state));
  if (all.length === 0) return "There is no camera yet";
  if (on.length === 0) {
    const rest = all.some((one) => one.last_error !== null);
    return rest ? "The cameras rest" : "All cameras are switched off";
  }
  if (bad.length === 1) return sentenceOf(bad[0]);
  if (bad.length > 1) return `${bad.length} of ${on.length} cameras need attention`;
  if (on.some(({ state }) => state === "starting")) return "Cameras are starting";
  const off = all.length - on.length;
  const others = off === 0 ? "" : `, ${off} ${off === 1 ? "is" : "are"} off`;
  if (on.length === 1) return sentenceOf(on[0]) + others;
  return `${off === 0 ? "All " : ""}${on.length} cameras give pictures${others}`;
}
