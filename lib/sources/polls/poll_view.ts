/** A poll as API and pages show it. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";
import { type PollSettings, pollSettingsSchema } from "./poll.ts";
import type { Check } from "./track.ts";

export const POLL_STATES = [
  "up",
  /** It fails, and not often enough in a row to be down. */
  "trying",
  "down",
  /** It stands in the local network, and an admin has to allow it first. */
  "unallowed",
  /** The first answer is waited for. */
  "waiting",
  /** Nothing is asked, because the intake is paused. */
  "held",
  /** A person paused it. */
  "paused",
  /** It cannot be asked: see its text. */
  "fault",
] as const;
export type PollState = typeof POLL_STATES[number];

export const POLL_WORDS: Readonly<Record<PollState, string>> = {
  up: "Up",
  trying: "Trying",
  down: "Down",
  unallowed: "To be allowed",
  waiting: "Waiting",
  held: "Held",
  paused: "Paused",
  fault: "Cannot run",
};

/** A poll with its secrets hidden, and how it is. */
export interface PollView {
  id: string;
  name: string;
  kind: string;
  options: Record<string, unknown>;
  settings: PollSettings;
  machine: string;
  allowed: string | null;
  enabled: boolean;
  createdMs: number;
  state: PollState;
  /** Since when it is up or down; null: not known. */
  sinceMs: number | null;
  /** How it is, one sentence without secrets. */
  text: string;
  /** Failures in a row. */
  failures: number;
  responseMs: number | null;
  lastMs: number | null;
  /** When it is asked next, or has to report; null: not planned. */
  nextMs: number | null;
  /** Oldest first. */
  checks: readonly Check[];
}

export const checkShape = z.strictObject({
  t_ms: msField,
  state: z.enum(["up", "trying", "down"]),
  response_ms: z.number().nullable(),
  detail: z.string(),
}).meta({ id: "ProbeCheck" });

export const pollShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  machine: z.string().describe("path of the machine that its readings come under"),
  enabled: z.boolean(),
  created_ms: msField,
  state: z.enum(POLL_STATES),
  since_ms: msField.nullable().describe("up or down since"),
  text: z.string().describe("how it is, for people"),
  failures: z.int().describe("in a row"),
  response_ms: z.number().nullable(),
  last_ms: msField.nullable(),
  next_ms: msField.nullable().describe("asked next, or to report by"),
  options: z.record(z.string(), z.unknown()).nullable()
    .describe("for admins; secrets are written, never read: ***"),
  settings: pollSettingsSchema,
  allowed: z.string().nullable().describe("for admins: address and port that one allowed"),
}).meta({ id: "Probe" });

/** A poll on the wire; `full`: with its options. */
export function shownPoll(view: PollView, full: boolean): z.output<typeof pollShape> {
  const { id, name, kind, machine, enabled, state, text, failures, settings } = view;
  return {
    ...{ id, name, kind, machine, enabled, state, text, failures, settings },
    created_ms: view.createdMs,
    since_ms: view.sinceMs,
    response_ms: view.responseMs,
    last_ms: view.lastMs,
    next_ms: view.nextMs,
    options: full ? view.options : null,
    allowed: full ? view.allowed : null,
  };
}

/** A check on the wire. */
export function shownCheck({ tMs, state, responseMs, detail }: Check): z.output<typeof checkShape> {
  return { t_ms: tMs, state, response_ms: responseMs, detail };
}
