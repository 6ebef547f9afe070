import type { VNode } from "preact";
import type { Status } from "../lib/live/status.ts";
import { status } from "./live.ts";

/** The overview's answer: one sentence that says whether anything needs attention. */
export function OverviewAnswer({ initial }: { initial: Status }): VNode {
  const current = typeof document === "undefined" ? initial : status.value ?? initial;
  const { total, offline } = current.sensors;
  if (offline === 0) return <h1 class="answer">{sentence(total)}</h1>;
  return (
    <h1 class="answer">
      <span class="mark warning" aria-hidden="true">▲</span>
      {offline === total
        ? `All ${total} sensors are silent`
        : `${offline} of ${total} sensors ${offline === 1 ? "is" : "are"} silent`}
    </h1>
  );
}

function sentence(total: number): string {
  return total === 1 ? "The one sensor is reporting" : `All ${total} sensors are reporting`;
}
