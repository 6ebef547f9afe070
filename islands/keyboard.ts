/** Keys of every page: `/` filter, `g o` overview, `g a` alarms, `g t` tickets, `g e` events, `g m` machines, `g s` sensors, `g c` cameras, `g u` sources, `?` help, j/k in lists. */
import { at } from "./own.ts";
const PLACES: Record<string, string> = {
  o: "/",
  a: "/alarms",
  t: "/tickets",
  e: "/events",
  m: "/machines",
  s: "/sensors",
  c: "/cameras",
  u: "/sources",
};
const CHORD_MS = 1_500;

export function listenToKeys(): void {
  let goingSince = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const { key } = event;
    if (performance.now() - goingSince < CHORD_MS && key in PLACES) {
      location.href = at(PLACES[key]);
      return;
    }
    goingSince = key === "g" ? performance.now() : -Infinity;
    if (key === "/") {
      event.preventDefault();
      const filter = document.querySelector<HTMLInputElement>("input[type=search]");
      if (filter) filter.focus();
      else location.href = at("/sensors");
    } else if (key === "?") {
      document.querySelector<HTMLDialogElement>("#keys")?.showModal();
    } else if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
  });
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
