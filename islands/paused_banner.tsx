import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type PausedPart, pausedWords } from "../lib/words/fault.ts";
import { onFault, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

/** On every page: which parts of Perch are paused, and why. */
export function PausedBanner({ paused }: { paused: readonly PausedPart[] }): VNode | null {
  const [parts, setParts] = useState(paused);
  useEffect(() => {
    const look = async () => {
      const response = await fetchOwn("/api/status").catch(() => null);
      if (response?.ok) setParts((await response.json()).paused);
    };
    const stops = [onFault(look), onReset(look)];
    return () => stops.forEach((stop) => stop());
  }, []);
  const text = pausedWords(parts);
  return (
    <div role="status">
      {text !== null && (
        <p class="site-paused">
          {text} <a href="/faults">Faults</a>
        </p>
      )}
    </div>
  );
}
