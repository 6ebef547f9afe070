/** Entries of the audit log as people read them: names in place of ids, before → after. */
import type { AuditRow } from "../../../lib/access/audit_row.ts";
import { label } from "../../../lib/words/names.ts";
import { dateTime } from "../../../lib/words/times.ts";

/** What a thing is called now, and where its page is. */
export interface Called {
  name: string;
  href?: string;
}

/** Finds a thing by its kind (`machine`) and id; null: not known by that. */
export type Naming = (kind: string | null, id: string) => Called | null;

/** What was done and to what, to follow who did it: `changed setting` and `Keep hours for`. */
export interface Deed {
  did: string;
  what: Called | null;
}

/** Verbs of actions, in the past. What is not here stands as it is. */
const DID: Readonly<Record<string, string>> = {
  acknowledge: "acknowledged",
  add: "added",
  allow: "allowed",
  apply: "applied",
  approve: "approved",
  begin: "began",
  cancel: "cancelled",
  close: "closed",
  confirm: "confirmed",
  create: "created",
  delete: "deleted",
  dismiss: "dismissed",
  download: "downloaded",
  end: "ended",
  import: "imported",
  mail: "mailed",
  move: "moved",
  pause: "paused",
  purge: "deleted for good",
  recover: "recovered",
  remove: "removed",
  reopen: "reopened",
  resolve: "resolved",
  restore: "restored",
  resume: "resumed",
  retry: "sent again",
  retry_all: "sent again all",
  revert: "reverted",
  shelve: "shelved",
  start: "started",
  switched: "switched",
  test: "tested",
  unshelve: "unshelved",
  update: "changed",
  upload: "uploaded",
  verdict: "judged",
  feedback: "judged",
};

/** Actions that are not a verb and a thing. */
const WHOLE: Readonly<Record<string, string>> = {
  "sign_in": "signed in",
  "sign_in.failed": "failed to sign in",
  "sign_out": "signed out",
  "session.end_all": "signed out everywhere",
  "session.reuse": "used an old session: it was ended",
  "registry.import": "imported machines and sensors",
  "user.password": "changed the password of",
  "user.second_factor_on": "turned on the second factor of",
  "user.second_factor_off": "turned off the second factor of",
  "sensor.unit": "chose the unit of sensor",
};

/** An entry as a sentence. */
export function deedOf({ action, resource, before, after }: AuditRow, naming: Naming): Deed {
  const [noun, verb = ""] = split(action, ".");
  const [kind, id] = split(resource, ":");
  const did = WHOLE[action] ??
    (DID[verb] === undefined ? label(action.replaceAll(".", " ")) : `${DID[verb]} ${label(noun)}`);
  // A session has no name.
  if (id === undefined || id === "" || kind === "session") return { did, what: null };
  return { did, what: naming(kind, id) ?? { name: ownName(after) ?? ownName(before) ?? id } };
}

function split(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** What the entry itself calls it, such as a rule that is gone. */
function ownName(value: unknown): string | null {
  if (!isObject(value)) return null;
  const name = value.name ?? value.title ?? value.email;
  return typeof name === "string" && name !== "" ? name : null;
}

/** `role: viewer → engineer`, only what differs. */
export function changesOf(
  { before, after }: Pick<AuditRow, "before" | "after">,
  naming: Naming,
  zone: string,
): string[] {
  const text = (value: unknown, field = "") => textOf(value, field, naming, zone);
  if (!isObject(before) && !isObject(after)) {
    if (empty(before) && empty(after)) return [];
    return [empty(before) ? text(after) : `${text(before)} → ${text(after)}`];
  }
  if (empty(before) || empty(after)) {
    // Something came or went: what it was, in one line.
    const whole = Object.entries(isObject(after) ? after : before as Record<string, unknown>)
      .filter(([, value]) => !isNothing(value))
      .map(([key, value]) => `${fieldName(key)}: ${text(value, key)}`);
    return whole.length === 0 ? [] : [whole.join(", ").slice(0, WHOLE_MOST)];
  }
  const [b, a] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  return [...new Set([...Object.keys(b), ...Object.keys(a)])]
    .filter((key) => JSON.stringify(b[key]) !== JSON.stringify(a[key]))
    .map((key) => {
      const name = fieldName(key);
      if (!(key in b)) return `${name}: ${text(a[key], key)}`;
      if (!(key in a)) return `${name} was ${text(b[key], key)}`;
      return `${name}: ${text(b[key], key)} → ${text(a[key], key)}`;
    });
}

function fieldName(key: string): string {
  return label(key.replace(/(_?ms|Ms|_?id|Id)$/, ""));
}

function isNothing(value: unknown): boolean {
  return empty(value) || value === "" || (Array.isArray(value) && value.length === 0);
}

const TEXT_MOST = 200;
const WHOLE_MOST = 400;
/** Times of this century; what is smaller is a length of time. */
const TIMES_FROM_MS = 946_684_800_000;

function textOf(value: unknown, field: string, naming: Naming, zone: string): string {
  if (isNothing(value)) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && /ms$/i.test(field) && value > TIMES_FROM_MS) {
    return dateTime(value, zone);
  }
  if (typeof value === "string") return (naming(null, value)?.name ?? value).slice(0, TEXT_MOST);
  if (Array.isArray(value)) {
    return value.map((one) => textOf(one, field, naming, zone)).join(", ").slice(0, TEXT_MOST);
  }
  if (!isObject(value)) return String(value);
  return Object.entries(value)
    .map(([key, one]) => `${label(key)} ${textOf(one, key, naming, zone)}`)
    .join(", ").slice(0, TEXT_MOST);
}

const empty = (value: unknown) => value === null || value === undefined;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
