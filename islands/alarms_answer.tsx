import type { VNode } from "preact";
import { type OpenAlarms, openWords, SEVERITY_MARKS } from "../lib/words/alarms.ts";
import { openAlarms } from "./live.ts";

/** The heading of the page of alarms: how many are not acknowledged, as it is now. */
export function AlarmsAnswer({ initial }: { initial: OpenAlarms }): VNode {
  const { tone, text } = openWords(openAlarms.value ?? initial);
  return (
    <h1 class="answer">
      {tone && <span class={`mark ${tone}`} aria-hidden="true">{SEVERITY_MARKS[tone]}</span>}
      {text}
    </h1>
  );
}
