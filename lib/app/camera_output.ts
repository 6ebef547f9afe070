import { systemActor } from "../access/audit_row.ts";
import type { Access } from "../access/access.ts";
import { messageOf } from "../base/errors.ts";
import type { SwitchOutput } from "../cameras/recovery/power_cycle.ts";
import type { Commands } from "../commands/commands.ts";

/** Controls by which cameras are switched off and on. */
export interface CameraOutputs {
  switchOutput: SwitchOutput;
  /** Why a control cannot switch a camera; null: it can. */
  outputFault(id: string): string | null;
}

/** Devices that confirm nothing are given this long. */
const CONFIRMED_MS = 15_000;

export function createCameraOutputs(
  commands: Pick<Commands, "targets" | "order" | "ended" | "find">,
  { audit }: Pick<Access, "audit">,
): CameraOutputs {
  function outputFault(id: string): string | null {
    const target = commands.targets.all().find((one) => one.id === id);
    if (target === undefined) return `there is no control "${id.slice(0, 80)}"`;
    if (target.spec.kind !== "switch") return `${target.name} is no switch`;
    return target.settings.dangerous
      ? `${target.name} is marked dangerous: only people order it`
      : null;
  }

  return {
    outputFault,
    async switchOutput(id, on) {
      const fault = outputFault(id);
      if (fault !== null) return fault;
      try {
        const { id: command } = await commands.order(id, on, {
          actor: "cameras",
          name: "a camera that does not come back",
          audited: (change) => audit.statement({ actor: systemActor("cameras"), ...change }),
          confirmed: false,
        });
        await commands.ended(command, CONFIRMED_MS);
        const { state, reason } = await commands.find(command);
        return state === "failed" || state === "refused" ? reason ?? state : null;
      } catch (error) {
        return messageOf(error);
      }
    },
  };
}
