import type { VNode } from "preact";
import { ago, dateTime, rhythm } from "../lib/words/times.ts";
import { now } from "./live.ts";
import { type SensorRowProps, shownText, silenceOf, UnitText, useLatest } from "./sensor_row.tsx";

export type SensorNowProps =
  & Pick<
    SensorRowProps,
    | "name"
    | "unit"
    | "convert"
    | "guessed"
    | "kind"
    | "decimals"
    | "last"
    | "silence_ms"
    | "nowMs"
    | "zone"
  >
  & { intervalMs: number | null };

/** The current value, large, and how fresh it is in words. */
export function SensorNow(props: SensorNowProps): VNode {
  const reading = useLatest(props);
  const silentMs = silenceOf(reading, props);
  const at = typeof document === "undefined" ? props.nowMs : Math.max(now.value, props.nowMs);
  return (
    <div class={silentMs === null ? "now" : "now stale"}>
      <p class="now-value">
        {reading === null ? "–" : shownText(reading, props)}
        <UnitText {...props} />
      </p>
      {reading !== null && (
        <p class="now-note">
          {silentMs !== null && <span class="mark warning" aria-hidden="true">▲</span>}
          {silentMs === null ? "Reporting" : "Silent"}
          {silentMs === null && props.intervalMs !== null && ` ${rhythm(props.intervalMs)}`}, last
          {" "}
          <time
            dateTime={new Date(reading.ts).toISOString()}
            title={dateTime(reading.ts, props.zone)}
          >
            {ago(at - reading.seen_ms)}
          </time>
        </p>
      )}
    </div>
  );
}
