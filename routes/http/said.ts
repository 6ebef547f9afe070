/** What a form did, said by the page that the browser goes on to. */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";

const COOKIE = "said";
/** Long enough for the next page. */
const KEPT_S = 30;

const WORDS = {
  saved: "Saved.",
  added: "Added.",
  planned: "Planned.",
  removed: "Removed.",
  restored: "Restored.",
} as const;
type Said = keyof typeof WORDS;

/** By the last part of what a form posts to. */
const AFTER: Readonly<Record<string, Said>> = {
  ...Object.fromEntries(
    ["change", "save", "settings", "switch", "role", "name", "move", "verdict", "photo-words"]
      .map((form) => [form, "saved"]),
  ),
  ...{ add: "added", new: "added", "add-device": "added", once: "planned", weekly: "planned" },
  ...{ remove: "removed", delete: "removed", "photo-remove": "removed", restore: "restored" },
};

/** `Set-Cookie` after a form that was posted to `path`; null: the page at `location` says what it did itself. */
export function saidCookie(path: string, location: string, base: string): string | null {
  const said = AFTER[path.slice(path.lastIndexOf("/") + 1)];
  if (said === undefined || path.lastIndexOf("/") === 0) return null;
  if (/[?&](undo|saved)\b/.test(location)) return null;
  return `${COOKIE}=${said}; Path=${base}/; Max-Age=${KEPT_S}; HttpOnly; SameSite=Lax`;
}

/** What is to be said on this page, and the `Set-Cookie` by which it is said once; null: nothing. */
export function takeSaid(c: Context, base: string): { text: string; cookie: string } | null {
  const said = getCookie(c, COOKIE);
  if (said === undefined || c.req.method !== "GET") return null;
  const text = Object.hasOwn(WORDS, said) ? WORDS[said as Said] : "";
  return { text, cookie: `${COOKIE}=; Path=${base}/; Max-Age=0; HttpOnly; SameSite=Lax` };
}
