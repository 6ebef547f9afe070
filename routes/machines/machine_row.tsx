import type { VNode } from "preact";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import { machineHref, machineTitle } from "../frame/links.ts";
import { type MachinePageParts, photoUrl } from "./request.ts";
import { MachineStatusNow } from "./status_now.tsx";

/** A machine in a list: name, tags, status, what of its sensors is not normal. A link to its page. */
export function MachineRow(
  { parts, machine, alarms }: {
    parts: Pick<MachinePageParts, "statuses" | "clock" | "zone">;
    machine: Machine;
    /** Open ones. */
    alarms: readonly Alarm[];
  },
): VNode {
  const { sensors, window } = parts.statuses.machine(machine.path);
  const total = Object.values(sensors).reduce((sum, n) => sum + n, 0);
  const not = (["critical", "offline", "warning"] as const).filter((s) => sensors[s] > 0)
    .map((s) => `${sensors[s]} ${s}`);
  return (
    <a class="row machine" href={machineHref(machine.path)}>
      <span class="row-name">
        {machine.photo && (
          <img
            class="thumb"
            src={photoUrl(machine.photo)}
            alt=""
            width={40}
            height={40}
            loading="lazy"
          />
        )}
        {machineTitle(machine)}
        {machine.review === "new" && <span class="area">new</span>}
        {machine.tags.map((tag) => <span key={tag} class="area">{tag}</span>)}
      </span>
      <MachineStatusNow
        parts={parts}
        machine={machine}
        alarms={alarms.filter((alarm) => alarm.machine === machine.path)}
      />
      <span class="row-sub">
        {`${total} sensor${total === 1 ? "" : "s"}`}
        {not.length > 0 && `, ${not.join(", ")}`}
        {window && `; ${window.title}`}
      </span>
    </a>
  );
}
