import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import type { SensorRowData } from "../lib/live/shapes.ts";
import { shownIn } from "../lib/words/conversion.ts";
import { unitText, valueText } from "../lib/words/numbers.ts";
import { ago, dateTime } from "../lib/words/times.ts";
import { latestOf, type LiveReading, now, statusOf } from "./live.ts";
import { extended, Sparkline } from "./sparkline.tsx";

export interface SensorRowProps extends SensorRowData {
  nowMs: number;
  zone: string;
}

/** One sensor in a list: name, sparkline, value. A link to its page. */
export function SensorRow(props: SensorRowProps): VNode {
  const reading = useLatest(props);
  const spark = useSignal(props.spark);
  useSignalEffect(() => {
    const { value } = latestOf(props.name);
    const before = spark.peek();
    if (value === null || before === null || typeof value.value !== "number") return;
    spark.value = extended(before, value.ts, value.value);
  });
  const silentMs = silenceOf(reading, props);
  const changed = typeof document === "undefined" ? null : statusOf("sensor", props.name).value;
  const status = changed?.status ?? props.status;
  return (
    <a class={silentMs === null ? "row" : "row stale"} href={`/sensors/${props.id}`}>
      <span class="row-name">{props.title}</span>
      {props.kind === "number" ? <Sparkline spark={spark.value} /> : <span class="spark" />}
      <span class="row-value">
        {reading === null ? "–" : shownText(reading, props)}
        <UnitText {...props} />
      </span>
      {(status === "warning" || status === "critical") && (
        <span class={`row-note ${status}`}>
          <span aria-hidden="true">{status === "critical" ? "■" : "▲"}</span> {status}
          {props.usual && <span class="muted">, {props.usual}</span>}
        </span>
      )}
      {silentMs !== null && reading !== null && (
        <span class="row-note" title={dateTime(reading.ts, props.zone)}>
          <span aria-hidden="true">▲</span> silent, last {ago(silentMs)}
        </span>
      )}
    </a>
  );
}

/** A reading in the unit that it is shown in. */
export function shownText(
  { value }: LiveReading,
  { kind, convert, decimals }: Pick<SensorRowProps, "kind" | "convert" | "decimals">,
): string {
  return valueText(kind, shownIn(convert, value), decimals);
}

/** The unit; one that was guessed says so. */
export function UnitText(
  { unit, guessed }: Pick<SensorRowProps, "unit" | "guessed">,
): VNode | null {
  if (!unitText(unit)) return null;
  if (!guessed) return <span class="unit">{unitText(unit)}</span>;
  return (
    <span class="unit" title="Guessed from its name: no device and nobody has said it">
      {unit}?
    </span>
  );
}

/** The latest reading: what the server rendered, then what the stream brings. */
export function useLatest(
  { name, last }: { name: string; last: LiveReading | null },
): LiveReading | null {
  if (typeof document === "undefined") return last;
  return latestOf(name).value ?? last;
}

/** How long the sensor has been silent, or null while it is not overdue. */
export function silenceOf(
  reading: LiveReading | null,
  { silence_ms, nowMs }: { silence_ms: number; nowMs: number },
): number | null {
  if (reading === null) return null;
  const at = typeof document === "undefined" ? nowMs : Math.max(now.value, nowMs);
  const silentMs = at - reading.seen_ms;
  return silentMs > silence_ms ? silentMs : null;
}
