import type { VNode } from "preact";
import { CameraAnswer } from "../../islands/camera_answer.tsx";
import { CameraNow } from "../../islands/camera_now.tsx";
import { CameraPicture } from "../../islands/camera_picture.tsx";
import type { Identity } from "../../lib/access/identity.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { cameraStatus, type CameraView } from "../../lib/cameras/camera_view.ts";
import { CAMERA_KINDS } from "../../lib/cameras/kinds/mod.ts";
import type { CameraImages } from "../../lib/cameras/images/images.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { MachineDirectory } from "../../lib/machines/sensor.ts";
import { Island } from "../frame/island.tsx";
import { machineHref, machineTitle } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";
import type { CameraServices } from "./request.ts";

export const PAGE = "/cameras";

export interface CameraPageParts extends PageParts, CameraServices {
  cameraImages: Pick<CameraImages, "list" | "take" | "use" | "trouble" | "remove">;
  events: Pick<EventLog, "list">;
  machines: Pick<MachineDirectory, "find" | "all">;
}

export const isAdmin = (who: Identity | null) => who !== null && atLeast(who.role, "admin");
export const isEngineer = (who: Identity | null) => who !== null && atLeast(who.role, "engineer");

/** What people call a kind. */
export function kindTitle(name: string): string {
  return CAMERA_KINDS.find(({ kind }) => kind === name)?.title ?? name;
}

/** The picture as it lives on in the browser; without script it is one picture, or the stream itself. */
export function Picture({ view, live }: { view: CameraView; live: boolean }): VNode {
  return (
    <Island
      name="CameraPicture"
      component={CameraPicture}
      props={{ status: cameraStatus(view), live }}
    />
  );
}

/** The heading: how these cameras are. */
export function AnswerNow({ views }: { views: readonly CameraView[] }): VNode {
  return (
    <Island
      name="CameraAnswer"
      component={CameraAnswer}
      props={{ statuses: views.map(cameraStatus) }}
    />
  );
}

/** The state in a word, since when, and with `sentence` what to do. */
export function StateNow(
  { parts, view, sentence }: { parts: CameraPageParts; view: CameraView; sentence: boolean },
): VNode {
  return (
    <Island
      name="CameraNow"
      component={CameraNow}
      props={{
        status: cameraStatus(view),
        sentence,
        nowMs: parts.clock.now(),
        zone: parts.zone,
      }}
    />
  );
}

/** The machine that it looks at, as a link; nothing where there is none. */
export function LooksAt(
  { parts, view, before }: { parts: CameraPageParts; view: CameraView; before: string },
): VNode | null {
  const machine = view.machine === null ? undefined : parts.machines.find(view.machine);
  if (machine === undefined) return null;
  return (
    <>
      {before}
      <a href={machineHref(machine.path)}>{machineTitle(machine)}</a>
    </>
  );
}
