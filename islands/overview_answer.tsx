import type { VNode } from "preact";
import type { Status } from "../lib/live/status_shape.ts";
import { status } from "./live.ts";

/** The overview's answer: one sentence that says whether anything needs attention, the worst first. */
export function OverviewAnswer({ initial }: { initial: Status }): VNode {
  const current = typeof document === "undefined" ? initial : status.value ?? initial;
  const { sentence, worst, details } = answerOf(current);
  const { waiting } = current.alarms;
  return (
    <>
      <h1 class="answer">
        {worst !== null && (
          <span class={`mark ${worst}`} aria-hidden="true">{worst === "critical" ? "■" : "▲"}</span>
        )}
        {sentence}
      </h1>
      {details !== null && <p class="muted">{details}</p>}
      {waiting > 0 && (
        <p>
          <a href="/alarms">
            {waiting === 1 ? "1 alarm not acknowledged" : `${waiting} alarms not acknowledged`}
          </a>
        </p>
      )}
    </>
  );
}

/** What the overview says, what colours it, and what stands below. */
export function answerOf(
  { sensors, machines }: Pick<Status, "sensors" | "machines">,
): { sentence: string; worst: "critical" | "warning" | null; details: string | null } {
  const { critical, warning, offline } = machines;
  const off = critical + warning + offline;
  const { total } = sensors;
  if (off === 0 && sensors.offline === 0) {
    const sentence = total === 1
      ? "The one sensor is reporting"
      : `All ${total} sensors are reporting`;
    return { sentence, worst: null, details: null };
  }
  const silent = sensors.offline === total
    ? `All ${total} sensors are silent`
    : `${sensors.offline} of ${total} sensors ${sensors.offline === 1 ? "is" : "are"} silent`;
  // Where machines are fine and sensors are silent, somebody works on the machine.
  if (off === 0) {
    return { sentence: silent, worst: null, details: "Their machines are in maintenance." };
  }
  const counts = [
    critical > 0 && `${critical} critical`,
    warning > 0 && `${warning} with a warning`,
    offline > 0 && `${offline} with silent sensors`,
  ].filter((one) => one !== false).join(", ");
  return {
    sentence: off === 1 ? "1 machine needs attention" : `${off} machines need attention`,
    worst: critical > 0 ? "critical" : "warning",
    details: sensors.offline > 0 ? `${counts}. ${silent}.` : `${counts}.`,
  };
}
