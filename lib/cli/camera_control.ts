import { systemActor } from "../access/audit_row.ts";
import type { Parts } from "../app/parts.ts";
import { PerchError } from "../base/errors.ts";
import { cameraStatus } from "../cameras/camera_view.ts";
import type { Control } from "./control.ts";

/** What `perch camera` and `perch check` ask about cameras. */
export function createCameraControl(
  { access, cameras }: Pick<Parts, "access" | "cameras">,
): Pick<Control, "cameraStates" | "testCamera" | "recoverCamera"> {
  const actor = systemActor("command line");

  /** Which one is meant is a matter of the command, as it is typed. @throws PerchError `validation` */
  function named(camera: string | undefined) {
    try {
      return camera === undefined ? cameras.meant() : cameras.named(camera);
    } catch (error) {
      if (!(error instanceof PerchError)) throw error;
      throw new PerchError("validation", error.message);
    }
  }
  return {
    cameraStates: () => Promise.resolve(cameras.all().map(cameraStatus)),
    async testCamera({ camera }) {
      const { id, name } = named(camera);
      const { frame: _, ...test } = await cameras.test(id);
      return { id, name, ...test };
    },
    async recoverCamera({ camera }) {
      const { id, name } = named(camera);
      const { frame: _, ...test } = await cameras.recover(id, {
        name: actor.name,
        audited: (change) => access.audit.statement({ actor, ...change }),
      });
      return { id, name, ...test };
    },
  };
}
