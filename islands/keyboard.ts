/** Keys of every page: Ctrl-K and `/` search, `f` filter, `g o` overview, `g a` alarms, `g t` tickets, `g e` events, `g m` machines, `g s` sensors, `g d` dashboards, `g c` cameras, `g u` sources, `?` help, j/k in lists. */
import { at } from "./own.ts";
const PLACES: Record<string, string> = {
  o: "/",
  a: "/alarms",
  t: "/tickets",
  e: "/events",
  m: "/machines",
  s: "/sensors",
  d: "/dashboards",
  c: "/cameras",
  u: "/sources",
};
const CHORD_MS = 1_500;

/** What was typed since the palette was asked for; null: it is there, or nobody asked. */
let coming: string | null = null;

export function listenToKeys(): void {
  let goingSince = -Infinity;
  document.addEventListener("keydown", (event) => {
    const { key } = event;
    // What is typed while the palette comes is for it.
    if (coming !== null && key.length === 1 && !event.ctrlKey && !event.metaKey) {
      coming += key;
      event.preventDefault();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && key.toLowerCase() === "k") {
      openPalette(event);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (performance.now() - goingSince < CHORD_MS && key in PLACES) {
      location.href = at(PLACES[key]);
      return;
    }
    goingSince = key === "g" ? performance.now() : -Infinity;
    if (key === "/") openPalette(event);
    else if (key === "f") {
      const filter = document.querySelector<HTMLInputElement>("main input[type=search]");
      if (filter === null) return;
      event.preventDefault();
      filter.select();
    } else if (key === "?") {
      document.querySelector<HTMLDialogElement>("#keys")?.showModal();
    } else if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-palette]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) openPalette(event);
  });
}

/** Loaded with the first use; where it cannot be, the page of the search does. */
function openPalette(event: Event): void {
  if (document.querySelector(".find") === null) return;
  event.preventDefault();
  coming = "";
  import("./palette.tsx").then(({ showPalette }) => showPalette(coming!))
    .catch(() => location.href = at("/search"))
    .finally(() => coming = null);
}

function move(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("a.row")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
}
