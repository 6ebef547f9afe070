import type { CameraView } from "../cameras/camera_view.ts";
import type { ComponentHealth, ComponentState } from "../live/components.ts";
import { cameraNeedsHelp } from "../words/cameras.ts";

const PART = "camera ";

/** A camera among the parts of Perch: the whole is as well as they are. */
export function componentOf(
  { name, text, health: { state, failures }, settings }: CameraView,
): ComponentState {
  return { name: `${PART}${name}`, health: componentHealth(), detail: text };

  function componentHealth(): ComponentHealth {
    if (state === "off") return "off";
    if (!cameraNeedsHelp(state)) return "ok";
    return failures >= settings.failures_critical ? "error" : "degraded";
  }
}

/** What fails of a camera stands outside of Perch, and has events and an alarm of its own. */
export const isCameraPart = (component: string) => component.startsWith(PART);
