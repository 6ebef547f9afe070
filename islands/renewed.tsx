import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

/**
 * Draws a part of the page anew, as the server has it now, while somebody looks: what stands within
 * `data-renewed="<part>"`. Nothing moves under whoever is in it with the keyboard.
 */
export function Renewed({ part, everyS }: { part: string; everyS: number }): VNode | null {
  useEffect(() => {
    const selector = `[data-renewed="${CSS.escape(part)}"]`;
    const stop = new AbortController();
    const renew = async () => {
      if (document.hidden) return;
      const answer = await fetch(location.href, { signal: stop.signal, redirect: "error" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [now, next] = [document.querySelector(selector), page.querySelector(selector)];
      if (now === null || next === null || now.contains(document.activeElement)) return;
      now.replaceWith(document.adoptNode(next));
      // What was filtered away stays so.
      for (const typed of document.querySelectorAll<HTMLInputElement>("[data-rows] input")) {
        if (typed.value !== "") typed.dispatchEvent(new Event("input", { bubbles: true }));
      }
    };
    // A Perch that is away says so elsewhere.
    const timer = setInterval(() => void renew().catch(() => {}), everyS * 1_000);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, []);
  return null;
}
