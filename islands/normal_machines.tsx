import type { VNode } from "preact";
import type { Status } from "../lib/live/status_shape.ts";
import { status } from "./live.ts";

/** How many machines are normal; the plant is folded below it. */
export function NormalMachines({ initial }: { initial: Status["machines"] }): VNode {
  const machines = typeof document === "undefined" ? initial : status.value?.machines ?? initial;
  return (
    <>
      {normalText(machines)} <span class="unfold">{`show all ${machines.total}`}</span>
    </>
  );
}

/** Such as `38 machines normal, 1 in maintenance`. */
export function normalText(
  { normal, maintenance, total }: Pick<Status["machines"], "normal" | "maintenance" | "total">,
): string {
  const works = maintenance > 0 ? `, ${maintenance} in maintenance` : "";
  if (normal === 0) return `No machine normal${works}`;
  if (normal === total) {
    return total === 1 ? "The machine is normal" : `All ${total} machines normal`;
  }
  return `${normal === 1 ? "1 machine" : `${normal} machines`} normal${works}`;
}
