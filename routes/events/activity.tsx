import type { VNode } from "preact";
import type { Minute } from "../../lib/live/activity.ts";
import { grouped } from "../../lib/words/numbers.ts";

export const ACTIVITY_MINUTES = 10;
const BAR = 24;
const GAP = 4;
const HEIGHT = 40;

/** Events of the last minutes, a bar for each, those that raised an alarm marked; readings in words. */
export function ActivityChart({ minutes }: { minutes: readonly Minute[] }): VNode {
  const most = Math.max(1, ...minutes.map(({ events }) => events));
  const sum = (kind: "readings" | "events" | "alarms") =>
    minutes.reduce((total, minute) => total + minute[kind], 0);
  const heightOf = (n: number) => n === 0 ? 0 : Math.max(2, Math.round(n / most * HEIGHT));
  const words = `${counted(sum("events"), "event")}, ${counted(sum("alarms"), "new alarm")} and ` +
    `${counted(sum("readings"), "reading")} in the last ${minutes.length} minutes`;
  const bar = (minute: Minute, i: number, kind: "events" | "alarms") => {
    const height = heightOf(minute[kind]);
    return (
      <rect
        key={`${kind}${i}`}
        class={kind}
        x={i * (BAR + GAP)}
        y={HEIGHT - height}
        width={BAR}
        height={height}
      />
    );
  };
  return (
    <figure class="activity">
      <svg
        viewBox={`0 0 ${minutes.length * (BAR + GAP) - GAP} ${HEIGHT + 1}`}
        aria-hidden="true"
        focusable="false"
      >
        <path d={`M0 ${HEIGHT + 0.5}H${minutes.length * (BAR + GAP) - GAP}`} />
        {minutes.map((minute, i) => [bar(minute, i, "events"), bar(minute, i, "alarms")])}
      </svg>
      <figcaption>{words}</figcaption>
    </figure>
  );
}

const counted = (n: number, what: string) => `${grouped(n)} ${what}${n === 1 ? "" : "s"}`;
