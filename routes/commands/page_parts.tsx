/** What the pages of commands share. */
import { COMMAND_WORDS, orderText } from "../../lib/words/commands.ts";
import type { VNode } from "preact";
import { type CommandView } from "../../lib/commands/command.ts";
import type { TargetView } from "../../lib/commands/target.ts";

import type { MachineDirectory } from "../../lib/machines/sensor.ts";
import { COMMANDS } from "../frame/order_control.tsx";
import type { PageParts } from "../frame/page_parts.ts";
import { Table } from "../frame/parts.tsx";
import { Exact } from "../frame/times.tsx";
import type { CommandServices } from "./request.ts";

export const PAGE = COMMANDS;
export const RULES = `${PAGE}/rules`;

export interface CommandPageParts extends PageParts, CommandServices {
  machines: MachineDirectory;
}

/** Orders as a table, newest first. */
export function History(
  { parts, items, of = null }: {
    parts: CommandPageParts;
    items: readonly CommandView[];
    /** All are of this one. */
    of?: TargetView | null;
  },
): VNode {
  return (
    <Table label="Orders">
      <thead>
        <tr>
          <th scope="col">Time</th>
          {of === null && <th scope="col" class="text">What</th>}
          <th scope="col">Order</th>
          <th scope="col" class="text">By</th>
          <th scope="col" class="text">What came of it</th>
        </tr>
      </thead>
      <tbody>
        {items.map((command) => (
          <tr key={command.id}>
            <td>
              <Exact tMs={command.t_ms} zone={parts.zone} />
            </td>
            {of === null && (
              <td class="text">
                {command.machine === null
                  ? command.target_name
                  : <a href={`${PAGE}/${command.target}`}>{command.target_name}</a>}
              </td>
            )}
            <td>{textOf(parts, command)}</td>
            <td class="text">
              {command.rule === null
                ? command.by
                : <a href={`${RULES}/${command.rule}`}>{`rule ${command.by}`}</a>}
            </td>
            <td class="text">
              <span class={isTrouble(command) ? "warning" : undefined}>
                {COMMAND_WORDS[command.state]}
              </span>
              {command.reason !== null && `: ${command.reason}`}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const isTrouble = ({ state }: CommandView) =>
  state === "unconfirmed" || state === "failed" || state === "refused";

function textOf({ commands, sensors }: CommandPageParts, command: CommandView): string {
  const target = commands.targets.get(command.target);
  if (target === null) return String(command.value);
  const unit = target.sensorNum === null ? null : sensors.byNum(target.sensorNum)?.unit;
  return orderText(target.spec, command.value, unit);
}
