import type { VNode } from "preact";
import type { CameraView } from "../../lib/cameras/camera_view.ts";
import { cameraMachineId, isCamera } from "../../lib/machines/camera_machine.ts";
import { isHost } from "../../lib/machines/host_machine.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import {
  CAMERA_WORDS,
  cameraNeedsHelp,
  oldAfterMs,
  oldPictureWords,
  pictureAge,
} from "../../lib/words/cameras.ts";
import { cameraHref } from "../frame/links.ts";
import { More } from "../frame/parts.tsx";
import type { MachinePageParts } from "./request.ts";

/** The cameras that look at a machine, or the one that it is, each with one picture: the live one is on its own page. */
export function MachineCameras(
  { parts, machine, mayAdd }: {
    parts: Pick<MachinePageParts, "cameras">;
    machine: Machine;
    mayAdd: boolean;
  },
): VNode | null {
  const cameras = parts.cameras.all().filter((camera) =>
    camera.machine === machine.path || cameraMachineId(camera.id) === machine.id
  );
  const adds = mayAdd && !isHost(machine) && !isCamera(machine);
  if (cameras.length === 0 && !adds) return null;
  return (
    <section class="card" aria-labelledby="cameras">
      <h2 id="cameras">Cameras</h2>
      {cameras.length > 0 && (
        <div class="machine-cameras">
          {cameras.map((camera) => <Still key={camera.id} camera={camera} />)}
        </div>
      )}
      {adds && (
        <More href={`/cameras/new?machine=${encodeURIComponent(machine.path)}`}>
          Add a camera that looks at it
        </More>
      )}
    </section>
  );
}

function Still({ camera: { id, name, health } }: { camera: CameraView }): VNode {
  const { state, frameAgeMs, fps } = health;
  const isOld = frameAgeMs !== null && frameAgeMs >= oldAfterMs(fps);
  const words = frameAgeMs === null
    ? "No picture yet"
    : isOld
    ? oldPictureWords(frameAgeMs, state === "off" ? "off" : "camera")
    : `Picture of when the page was loaded, ${pictureAge(frameAgeMs)}`;
  return (
    <figure class={isOld ? "camera-picture old" : "camera-picture"}>
      <a class="camera-frame" href={cameraHref(id)}>
        {frameAgeMs === null ? <span class="camera-none">{name}</span> : (
          <img
            src={`/api/cameras/${encodeURIComponent(id)}/snapshot`}
            alt={`Picture of ${name}`}
            loading="lazy"
          />
        )}
      </a>
      <figcaption>
        <span>
          <a href={cameraHref(id)}>{name}</a>
          {" · "}
          <span class={cameraNeedsHelp(state) ? "warning" : "muted"}>{CAMERA_WORDS[state]}</span>
          <span class="muted">{` · ${words}`}</span>
        </span>
      </figcaption>
    </figure>
  );
}
