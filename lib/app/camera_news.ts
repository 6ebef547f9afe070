import type { CameraStatus } from "../cameras/camera_view.ts";
import type { StreamHub } from "../live/stream.ts";

/**
 * Says on the live stream how a camera is. `statusOf` gives that by its id; null: there is no such camera any more.
 * Its state, once it changed, is said also while nobody listens: a page that comes next goes on where it was drawn.
 * The figures of a camera that runs are old after a second: they are for those who listen now.
 */
export function createCameraNews(
  hub: Pick<StreamHub, "hears" | "publish">,
  statusOf: (id: string) => CameraStatus | null,
): (id: string) => void {
  const told = new Map<string, CameraStatus["state"]>();
  return (id) => {
    const status = statusOf(id);
    if (status === null) return void told.delete(id);
    if (told.get(id) === status.state && !hub.hears("camera")) return;
    told.set(id, status.state);
    hub.publish("camera", status);
  };
}
