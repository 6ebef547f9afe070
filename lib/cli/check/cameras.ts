import type { CameraStatus } from "../../cameras/camera_view.ts";
import type { FoundFfmpeg } from "../../cameras/ffmpeg/find.ts";
import { cameraNeedsHelp } from "../../words/cameras.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

/** Is there an ffmpeg that cameras can use, and does each camera give good pictures? */
export function camerasCheck(
  { find, states, isRunning }: {
    find: () => Promise<FoundFfmpeg>;
    states: () => Promise<readonly CameraStatus[]>;
    isRunning: boolean;
  },
): Check {
  return {
    name: "cameras",
    run: async () => judgeCameras(await find(), await states(), isRunning),
  };
}

/** Pure: what is found about cameras. */
export function judgeCameras(
  found: FoundFfmpeg,
  cameras: readonly CameraStatus[],
  isRunning: boolean,
): Found[] {
  return [ffmpegFound(found, cameras.length > 0), ...cameras.map((one) => judge(one, isRunning))];
}

function ffmpegFound(found: FoundFfmpeg, isNeeded: boolean): Found {
  if ("ffmpeg" in found) return { state: "ok", detail: `ffmpeg ${found.ffmpeg.text} is there` };
  if (!isNeeded) {
    return { state: "ok", detail: "no camera is set up, and there is no ffmpeg that it could use" };
  }
  const [what, ...advice] = found.problem.split(". ");
  return { state: "problem", detail: what, advice: advice.join(". ") };
}

function judge({ name, state, text }: CameraStatus, isRunning: boolean): Found {
  if (state === "off") return { state: "ok", detail: `${name} is switched off` };
  if (!isRunning) {
    return { state: "unknown", detail: `no Perch runs here, so nobody looks at ${name}` };
  }
  const detail = text.replace(/\.$/, "");
  if (!cameraNeedsHelp(state)) return { state: "ok", detail };
  return {
    state: "problem",
    detail,
    advice: `perch camera test "${name}" looks again; its page shows what was tried.`,
  };
}
