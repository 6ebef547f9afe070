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

/** How the machines are, as a heading. */
export function MachinesAnswer({ initial }: { initial: Status["machines"] }): VNode {
  const machines = typeof document === "undefined" ? initial : status.value?.machines ?? initial;
  return <h1 class="answer">{machinesText(machines)}</h1>;
}

/** The same as a sentence. */
export function machinesText(machines: Status["machines"]): string {
  const attention = attentionText(machines);
  if (attention !== null) return attention;
  const { normal, maintenance, total } = machines;
  if (maintenance > 0) {
    const rest = `${maintenance} in maintenance`;
    return normal === 0
      ? total === 1 ? "The machine is in maintenance" : `All ${total} machines are in maintenance`
      : `${normal === 1 ? "1 machine is" : `${normal} machines are`} normal, ${rest}`;
  }
  return total === 1 ? "The machine is normal" : `All ${total} machines are normal`;
}

/** `2 machines need attention`; null: none does. */
export function attentionText(
  { critical, warning, offline }: Pick<Status["machines"], "critical" | "warning" | "offline">,
): string | null {
  const off = critical + warning + offline;
  if (off === 0) return null;
  return off === 1 ? "1 machine needs attention" : `${off} machines need attention`;
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
