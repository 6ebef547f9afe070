/** The answer to somebody whose change came second: who was faster, when, and what they did. Pure. */
import type { AuditRow } from "./audit_row.ts";

/** Verbs of actions; all others `changed`. */
const VERBS: Readonly<Record<string, string>> = {
  acknowledge: "acknowledged",
  active: "enabled",
  add: "added",
  cancel: "cancelled",
  close: "closed",
  create: "added",
  delete: "deleted",
  deleted: "deleted",
  disabled: "disabled",
  feedback: "judged",
  judge: "judged",
  move: "moved",
  purge: "removed for good",
  remove: "removed",
  reopen: "reopened",
  resolve: "resolved",
  restore: "restored",
  retry: "sent again",
  shelve: "shelved",
  start: "started",
  unshelve: "unshelved",
};
/** Actions on something that belongs to it. */
const BESIDE: Readonly<Record<string, string>> = {
  "attachment.add": "attached a file to",
  "comment.add": "commented on",
  "ticket.create": "opened a ticket for",
};
const MOST_PARTS = 3;
const MOST_CHARS = 60;

/** `Ada changed this at 14:02:07: name “Press” → “Press 3”. Your change was not saved.` */
export function fasterText(
  row: Pick<AuditRow, "actor" | "action" | "ts" | "before" | "after" | "resource">,
  nowMs: number,
  timeText: (ms: number) => string,
): string {
  const [day, time] = timeText(row.ts).split(" ");
  const when = timeText(nowMs).startsWith(day) ? time : `${day} ${time}`;
  const parts = partsOf(row);
  const more = parts.length - MOST_PARTS;
  const what = parts.slice(0, MOST_PARTS).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `${row.actor.name} ${verbOf(row)} this at ${when}${what === "" ? "" : `: ${what}`}. ` +
    "Your change was not saved.";
}

function verbOf({ action, resource }: Pick<AuditRow, "action" | "resource">): string {
  const own = action.split(".")[0] === resource.split(":")[0];
  return (own ? undefined : BESIDE[action]) ?? VERBS[action.split(".").at(-1)!] ?? "changed";
}

/** What became different, in words. */
function partsOf({ before, after }: Pick<AuditRow, "before" | "after">): string[] {
  if (after === null || after === undefined) return [];
  if (!isObject(after)) return [`${shown(before)} → ${shown(after)}`];
  const was = isObject(before) ? before : {};
  return Object.keys(after)
    .filter((key) => key in was || after[key] !== null)
    .filter((key) => JSON.stringify(was[key]) !== JSON.stringify(after[key]))
    .map((key) => {
      const name = words(key);
      return key in was
        ? `${name} ${shown(was[key])} → ${shown(after[key])}`
        : `${name} ${shown(after[key])}`;
    });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `dueMs` and `due_ms` are `due ms`. */
function words(key: string): string {
  return key.replaceAll("_", " ").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  const text = typeof value === "string" ? `“${value}”` : JSON.stringify(value);
  return text.length <= MOST_CHARS ? text : `${text.slice(0, MOST_CHARS)}…`;
}
