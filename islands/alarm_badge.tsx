import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { onAlarm, onReset, status } from "./live.ts";
import { fetchOwn } from "./own.ts";

/** How many alarms are unacknowledged, beside the navigation's word and before the page's title. */
export function AlarmBadge({ waiting }: { waiting: number }): VNode | null {
  const [count, setCount] = useState(waiting);
  useEffect(() => {
    const stop = onAlarm((event) => setCount(event.waiting));
    const unstatus = status.subscribe((known) => known && setCount(known.alarms.waiting));
    const unreset = onReset(async () => {
      const response = await fetchOwn("/api/status").catch(() => null);
      if (response?.ok) setCount((await response.json()).alarms.waiting);
    });
    return () => {
      stop();
      unstatus();
      unreset();
    };
  }, []);
  useEffect(() => {
    const plain = document.title.replace(/^\(\d+\) /, "");
    document.title = count === 0 ? plain : `(${count}) ${plain}`;
  }, [count]);
  if (count === 0) return null;
  return (
    <span class="badge">
      {count}
      <span class="hidden">not acknowledged</span>
    </span>
  );
}
