import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { ago, dateTime } from "../lib/words/times.ts";
import { type OpenAlarm, useAlarmsAt } from "./alarms_at.ts";
import { now, onPrediction, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

export type ConditionClass = "normal" | "warning" | "critical";

/** The present condition of a machine. */
export interface Condition {
  /** Of the stored prediction it goes with; null before the first was stored. */
  id: string | null;
  at_ms: number;
  class: ConditionClass;
  /** 0 … 1: a warning begins at 0.5, critical at 2/3. */
  score: number;
  confidence: number;
  action: string;
  summary: string;
  source: "model" | "rules";
}

export interface MachineConditionProps {
  /** Path of the machine. */
  machine: string;
  /** Open ones. */
  alarms: OpenAlarm[];
  condition: Condition | null;
  /** Remaining useful life in words, with its interval, or why it is unknown; null: not looked at. */
  life: string | null;
  nowMs: number;
  zone: string;
}

/** Older than this it is no longer current. */
const STALE_MS = 15 * 60_000;
const MARKS: Record<ConditionClass, string> = { normal: "", warning: "▲", critical: "■" };

/** How well a machine is: health, class, what to do, remaining life; it changes in place. */
export function MachineCondition(props: MachineConditionProps): VNode {
  const shown = useSignal(props.condition);
  const life = useSignal(props.life);
  useEffect(() => {
    const stops = [
      onPrediction((given) => {
        const next = given as Condition & { machine: string; life?: string };
        if (next.machine !== props.machine) return;
        shown.value = next;
        life.value = next.life ?? life.value;
      }),
      onReset(async () => {
        const query = new URLSearchParams({ current: "true", machine: props.machine });
        // The stream notices an outage, and the page says so.
        const answer = await fetchOwn(`/api/predictions?${query}`).catch(() => null);
        if (!answer?.ok) return;
        const [next] = (await answer.json()).items;
        if (next === undefined) return;
        shown.value = next;
        life.value = next.remaining_life.sentence;
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }, []);
  const condition = shown.value;
  const open = useAlarmsAt({ machine: props.machine, sensor: null, alarms: props.alarms })
    .filter(({ severity }) => severity !== "info");
  const nowMs = typeof document === "undefined" ? props.nowMs : Math.max(now.value, props.nowMs);
  if (condition === null) {
    return (
      <p class="muted">
        Not judged yet. That begins seconds after its first readings of numbers.
      </p>
    );
  }
  const { score, confidence } = condition;
  const kind = condition.class;
  // Without any confidence "normal" says nothing of the machine: it is still being learned.
  const judged = confidence > 0 || kind !== "normal";
  return (
    <>
      <p>
        <span class={kind === "normal" ? "" : `state ${kind} first`}>
          {MARKS[kind] && <span class="mark" aria-hidden="true">{MARKS[kind]}</span>}
          {!judged
            ? condition.summary
            : kind !== "normal"
            ? kind
            : open.length === 0
            ? "Runs as usual"
            : "Beside its open alarms it runs as usual"}
        </span>
        {judged ? `: ${condition.summary}.` : "."}
      </p>
      <dl class="figures">
        <Figure name="Health" value={judged ? `${healthOf(score)} of 100` : "unknown"} />
        <Figure name="Anomaly score" value={judged ? score.toFixed(2) : "unknown"} />
        <Figure name="Confidence" value={`${Math.round(confidence * 100)} %`} />
        <Figure name="Judged by" value={condition.source === "rules" ? "rules" : "its model"} />
      </dl>
      {judged && (
        <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect class="track" width="100" height="4" />
          <rect class={`bar ${kind}`} width={healthOf(score)} height="4" />
          <rect class="edge" x="50" width="0.3" height="4" />
          <rect class="edge" x="33.3" width="0.3" height="4" />
        </svg>
      )}
      <p>
        <strong>What to do.</strong>{" "}
        {open.length === 0 || kind !== "normal" ? `${condition.action}.` : (
          <>
            See to <a href={`/alarms/${open[0].id}`}>{open[0].title}</a>
            {open.length > 1 && ` and ${open.length - 1} more`}.
          </>
        )}
      </p>
      {life.value !== null && (
        <p>
          <strong>Remaining life.</strong> {`${life.value}.`}
        </p>
      )}
      <p class="muted">
        {nowMs - condition.at_ms > STALE_MS ? "Not judged at the moment; last " : "Judged "}
        <time
          dateTime={new Date(condition.at_ms).toISOString()}
          title={dateTime(condition.at_ms, props.zone)}
        >
          {ago(nowMs - condition.at_ms)}
        </time>
        {". Health is 100 less the anomaly score; below 50 is a warning, below 33 critical."}
      </p>
      <p class="links">
        {condition.id !== null && <a href={`/predictions/${condition.id}`}>Why</a>}
        <a href={`/predictions?machine=${encodeURIComponent(props.machine)}`}>All predictions</a>
      </p>
    </>
  );
}

/** 0 … 100 from an anomaly score of 0 … 1. */
export function healthOf(score: number): number {
  return Math.round(100 * (1 - Math.max(0, Math.min(1, score))));
}

function Figure({ name, value }: { name: string; value: string }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
