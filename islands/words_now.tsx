import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { fetchOwn, here } from "./own.ts";
import { onAlarm, onReset, status } from "./live.ts";

/** What comes together is asked for together, and no more often than this. */
const GATHER_MS = 1_000;
const EVERY_MS = 5_000;

/**
 * Words that stand for many things at once, an area of the plant or what a filter leaves: asked of the server again
 * when a status or an alarm changed, as it alone knows them all. The heading, and what stands within
 * `data-now="<part>"`, change in their places; rows stay as they are read.
 */
export function WordsNow(): VNode | null {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let askedMs = -Infinity;
    const stop = new AbortController();
    const ask = async () => {
      timer = undefined;
      if (document.hidden) return soon();
      askedMs = performance.now();
      const path = here();
      const answer = await fetchOwn(path, { signal: stop.signal, redirect: "error" });
      // Who filters meanwhile is answered by that.
      if (!answer.ok || path !== here()) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const shown of document.querySelectorAll<HTMLElement>("h1, [data-now]")) {
        const { now } = shown.dataset;
        const fresh = now === undefined
          ? page.querySelector("h1")
          : page.querySelector(`[data-now="${CSS.escape(now)}"]`);
        // Islands follow by themselves.
        if (fresh === null || shown.closest("[data-island]") !== null) continue;
        if (shown.innerHTML !== fresh.innerHTML) shown.replaceChildren(...fresh.childNodes);
      }
    };
    const soon = () => {
      const waitMs = Math.max(GATHER_MS, askedMs + EVERY_MS - performance.now());
      // A Perch that is away says so elsewhere.
      timer ??= setTimeout(() => void ask().catch(() => {}), waitMs);
    };
    const stops = [
      status.subscribe((next) => next !== null && next.changes.length > 0 && soon()),
      onAlarm(soon),
      onReset(soon),
    ];
    return () => {
      clearTimeout(timer);
      stop.abort();
      stops.forEach((end) => end());
    };
  }, []);
  return null;
}
