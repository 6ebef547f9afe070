import type { VNode } from "preact";
import type { MachineStatus } from "../../lib/live/statuses.ts";

const MARKS: Record<MachineStatus, { mark: string | null; tone: string }> = {
  normal: { mark: null, tone: "muted" },
  warning: { mark: "▲", tone: "warning" },
  critical: { mark: "■", tone: "critical" },
  offline: { mark: "▲", tone: "warning" },
  maintenance: { mark: "◆", tone: "info" },
};

/** A status as a word, with a mark and colour where it wants attention. */
export function StatusWord({ status }: { status: MachineStatus }): VNode {
  const { mark, tone } = MARKS[status];
  return (
    <span class={`status ${tone}`}>
      {mark && <span class="mark" aria-hidden="true">{mark}</span>}
      {status}
    </span>
  );
}
