/** Sends the form of a note in place; loaded with its first use. */
import { fetchOwn } from "./own.ts";

/** Null: it is saved. Whatever else the server says, the form goes to it as without script. */
export async function sendNote(
  form: HTMLFormElement,
  { sensor, atMs, shownAt }: { sensor: string; atMs: number; shownAt: string },
): Promise<{ problem: string } | null> {
  const valueOf = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).value;
  const asForm = () => {
    form.submit();
    return { problem: "" };
  };
  // A time that somebody typed is local to the site: the server reads it.
  if (withSeconds(valueOf("at")) !== withSeconds(shownAt)) return asForm();
  const answer = await fetchOwn("/api/notes", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sensor, at_ms: Math.round(atMs), text: valueOf("text") }),
  }).catch(() => null);
  if (answer === null) return { problem: "Not saved: Perch cannot be reached. Try again." };
  if (!answer.ok) return asForm();
  form.reset();
  return null;
}

/** A field of date and time leaves seconds out that are none. */
const withSeconds = (local: string) =>
  local.length === "2026-01-01T00:00".length ? `${local}:00` : local;
