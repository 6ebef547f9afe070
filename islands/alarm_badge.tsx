import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { NOT_ACKNOWLEDGED, type OpenAlarms } from "../lib/words/alarms.ts";
import { openAlarms } from "./live.ts";

/** How many alarms are not acknowledged, beside the navigation's word and before the page's title; red when one is critical. */
export function AlarmBadge({ alarms }: { alarms: OpenAlarms }): VNode | null {
  const { waiting, waiting_critical } = openAlarms.value ?? alarms;
  useEffect(() => {
    const plain = document.title.replace(/^\(\d+\) /, "");
    document.title = waiting === 0 ? plain : `(${waiting}) ${plain}`;
  }, [waiting]);
  if (waiting === 0) return null;
  return (
    <span class={waiting_critical > 0 ? "badge critical" : "badge warning"}>
      {waiting}
      <span class="hidden">{` ${NOT_ACKNOWLEDGED}`}</span>
    </span>
  );
}
