/** The feed of the board on this page. */
import { createBoardFeed } from "./board_feed.ts";
import { fetchOwn, here } from "./own.ts";

const ASK_MOST_MS = 10_000;
const TICK_MS = 1_000;

const isServer = typeof document === "undefined";
const { board: address = "", version = "" } = isServer
  ? {}
  : document.querySelector<HTMLElement>("[data-board]")?.dataset ?? {};

export const feed = createBoardFeed({
  address,
  version,
  fetch: (address) =>
    fetchOwn(address === "" ? here() : address, {
      headers: { accept: address === "" ? "text/html" : "application/json" },
      signal: AbortSignal.timeout(ASK_MOST_MS),
    }),
  now: () => Date.now(),
  random: Math.random,
  setTimer(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  visible: () =>
    new Promise((resolve) => {
      if (!document.hidden) return resolve();
      document.addEventListener("visibilitychange", () => resolve(), { once: true });
    }),
  reload: () => location.reload(),
});

/** Begins to ask; the screen stays on where the browser lets it. */
export function startBoard(): void {
  if (address === "") return;
  feed.run(new AbortController().signal);
  globalThis.addEventListener("online", () => feed.wake());
  setInterval(() => feed.now.value += TICK_MS, TICK_MS);
}

/** Keeps the screen on; where a browser does not know how, nothing happens. */
export function stayAwake(): void {
  const hold = () => {
    if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", hold);
  hold();
}
