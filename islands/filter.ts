/**
 * A list narrows while somebody types: the page is asked for with what is typed, and what stands in it within
 * `data-filtered` takes the place of what is shown. Loaded with the first letter (`entry/page.ts`). The address
 * follows, so that it can be sent to somebody.
 */
import { enliven, retire } from "./island.ts";
import { base, fetchOwn } from "./own.ts";
import { withoutBase } from "../lib/words/base_path.ts";

const GATHER_MS = 150;

let timer: ReturnType<typeof setTimeout> | undefined;
let asked = new AbortController();

/** Asks for the list anew when nothing more is typed for a moment. */
export function narrow(form: HTMLFormElement): void {
  clearTimeout(timer);
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  form.ariaBusy = "true";
  // Where it does not work, the button does, and says why.
  timer = setTimeout(() => {
    void ask(form, signal).catch(() => {}).finally(() => {
      if (!signal.aborted) form.ariaBusy = null;
    });
  }, GATHER_MS);
}

async function ask(form: HTMLFormElement, signal: AbortSignal): Promise<void> {
  const given = [...new FormData(form)].filter((entry): entry is [string, string] =>
    typeof entry[1] === "string" && entry[1] !== ""
  );
  const query = new URLSearchParams(given).toString();
  // `form.action` is the field of that name, where there is one.
  const { pathname } = new URL(form.getAttribute("action")!, location.href);
  const path = withoutBase(pathname, base) + (query === "" ? "" : `?${query}`);
  const answer = await fetchOwn(path, { signal, redirect: "error" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const fresh of page.querySelectorAll<HTMLElement>("[data-filtered]")) {
    const shown = document.querySelector(`[data-filtered="${fresh.dataset.filtered}"]`);
    if (shown === null) continue;
    retire(shown);
    keepOpen(shown, fresh);
    shown.replaceWith(document.adoptNode(fresh));
    enliven(fresh);
  }
  const said = form.querySelector("[role=status]");
  if (said !== null) said.textContent = document.querySelector("h1")?.textContent ?? "";
  history.replaceState(null, "", pathname + (query === "" ? "" : `?${query}`));
}

/** What was folded out stays so. */
function keepOpen(shown: Element, fresh: Element): void {
  const [before, after] = [shown, fresh].map((one) => [...one.querySelectorAll("details")]);
  if (before.length !== after.length) return;
  before.forEach(({ open }, i) => after[i].open ||= open);
}
