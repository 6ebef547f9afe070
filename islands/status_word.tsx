import type { VNode } from "preact";
import type { MachineStatus } from "../lib/live/status_words.ts";
import { statusWords } from "../lib/words/alarms.ts";
import { dateTime, lasted } from "../lib/words/times.ts";
import { type AlarmsAt, countsOf, useAlarmsAt } from "./alarms_at.ts";
import { now, statusOf } from "./live.ts";

const MARKS: Record<MachineStatus, { mark: string | null; tone: string }> = {
  normal: { mark: null, tone: "muted" },
  warning: { mark: "▲", tone: "warning" },
  critical: { mark: "■", tone: "critical" },
  offline: { mark: "▲", tone: "warning" },
  maintenance: { mark: "◆", tone: "info" },
};

/** A status as a word, with a mark and colour where it wants attention; `text` says more than the word. */
export function StatusWord(
  { status, text = status }: { status: MachineStatus; text?: string },
): VNode {
  const { mark, tone } = MARKS[status];
  return (
    <span class={`status ${tone}`}>
      {mark && <span class="mark" aria-hidden="true">{mark}</span>}
      {text}
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
  /** Alarms that are open there: nothing is called normal over one. */
  at?: AlarmsAt;
  nowMs: number;
  zone: string;
}

/** The present status of a sensor or machine; it changes in place. */
export function StatusNow(props: StatusNowProps): VNode {
  const server = typeof document === "undefined";
  const changed = server ? null : statusOf(props.kind, props.name).value;
  const { status, sinceMs } = changed ?? props;
  const nowMs = server ? props.nowMs : Math.max(now.value, props.nowMs);
  const { tone, text } = statusWords(status, countsOf(useAlarmsAt(props.at ?? null)));
  return (
    <>
      <StatusWord status={tone} text={text} />
      {props.since && text === status && (
        <Since
          sinceMs={sinceMs}
          nowMs={nowMs}
          zone={props.zone}
        />
      )}
    </>
  );
}

/** `for 3 min`. */
export function Since(
  { sinceMs, nowMs, zone }: { sinceMs: number; nowMs: number; zone: string },
): VNode {
  const toMs = typeof document === "undefined" ? nowMs : Math.max(now.value, nowMs);
  return (
    <span class="muted">
      {" for "}
      <time dateTime={new Date(sinceMs).toISOString()} title={`since ${dateTime(sinceMs, zone)}`}>
        {lasted(toMs - sinceMs)}
      </time>
    </span>
  );
}
