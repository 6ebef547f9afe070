import type { VNode } from "preact";
import type { Status } from "../lib/live/status_shape.ts";
import { alarmsCount, NOT_ACKNOWLEDGED } from "../lib/words/alarms.ts";
import { openAlarms, status } from "./live.ts";
import { attentionText } from "./normal_machines.tsx";

/** The overview's answer: one sentence that says whether anything needs attention, the worst first. */
export function OverviewAnswer({ initial }: { initial: Status }): VNode {
  const current = typeof document === "undefined" ? initial : status.value ?? initial;
  const alarms = openAlarms.value ?? current.alarms;
  const { sentence, worst, details, more } = answerOf({ ...current, alarms });
  return (
    <>
      <h1 class="answer">
        {worst !== null && (
          <span class={`mark ${worst}`} aria-hidden="true">{worst === "critical" ? "■" : "▲"}</span>
        )}
        {sentence}
      </h1>
      {details !== null && <p class="muted">{details}</p>}
      {more !== null && (
        <p>
          <a href="/alarms">{more}</a>
        </p>
      )}
    </>
  );
}

/** What the overview says, what colours it, and what stands below; `more` leads to the alarms. */
export function answerOf(
  { sensors, machines, alarms }: Pick<Status, "sensors" | "machines" | "alarms">,
): {
  sentence: string;
  worst: "critical" | "warning" | null;
  details: string | null;
  more: string | null;
} {
  const { critical, warning, offline } = machines;
  const off = critical + warning + offline;
  const { total } = sensors;
  const waits = alarms.waiting === 0 ? null : `${alarmsCount(alarms.waiting)} ${NOT_ACKNOWLEDGED}`;
  const reporting = total === 1
    ? "The one sensor is reporting"
    : `All ${total} sensors are reporting`;
  const silent = sensors.offline === 0
    ? null
    : sensors.offline === total
    ? `All ${total} sensors are silent`
    : `${sensors.offline} of ${total} sensors ${sensors.offline === 1 ? "is" : "are"} silent`;
  // Values within their limits are no answer while an alarm waits.
  if (off === 0 && waits !== null) {
    const worst = alarms.waiting_critical > 0 ? "critical" : "warning";
    return { sentence: waits, worst, details: `${silent ?? reporting}.`, more: "Show alarms" };
  }
  if (off === 0) {
    // Where machines are fine and sensors are silent, somebody works on the machine.
    const details = silent === null ? null : "Their machines are in maintenance.";
    return { sentence: silent ?? reporting, worst: null, details, more: null };
  }
  const counts = [
    critical > 0 && `${critical} critical`,
    warning > 0 && `${warning} with a warning`,
    offline > 0 && `${offline} with silent sensors`,
  ].filter((one) => one !== false).join(", ");
  return {
    sentence: attentionText(machines) ?? "",
    worst: critical > 0 ? "critical" : "warning",
    details: silent === null ? `${counts}.` : `${counts}. ${silent}.`,
    more: waits,
  };
}
