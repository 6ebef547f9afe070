import type { VNode } from "preact";
import type { MachineStatus } from "../lib/live/status_words.ts";
import { dateTime, duration } from "../lib/words/times.ts";
import { now, statusOf } from "./live.ts";

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

export interface StatusNowProps {
  kind: "sensor" | "machine";
  /** Full name of the sensor, path of the machine. */
  name: string;
  status: MachineStatus;
  sinceMs: number;
  /** Says since when, too. */
  since: boolean;
  nowMs: number;
  zone: string;
}

/** The present status of a sensor or machine; it changes in place. */
export function StatusNow(props: StatusNowProps): VNode {
  const server = typeof document === "undefined";
  const changed = server ? null : statusOf(props.kind, props.name).value;
  const { status, sinceMs } = changed ?? props;
  const nowMs = server ? props.nowMs : Math.max(now.value, props.nowMs);
  return (
    <>
      <StatusWord status={status} />
      {props.since && (
        <span class="muted">
          {" for "}
          <time
            dateTime={new Date(sinceMs).toISOString()}
            title={`since ${dateTime(sinceMs, props.zone)}`}
          >
            {duration(nowMs - sinceMs)}
          </time>
        </span>
      )}
    </>
  );
}
