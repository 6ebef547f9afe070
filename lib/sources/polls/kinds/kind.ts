/** The contract of what Perch asks by itself: one file here, one line in `mod.ts`. */
import type { z } from "zod";
import type { Clock } from "../../../base/clock.ts";
import type { Outgoing } from "../../../base/outgoing.ts";

export interface PollKind {
  /** `modbus`, `http`; stable, it is stored. */
  kind: string;
  title: string;
  /** One sentence: what it is for. */
  about: string;
  /** Strict, each field with title and help; `secret: true` in its meta keeps it encrypted and unanswered. */
  options: z.ZodObject;
  /** Where it connects to; null: nowhere. @throws PerchError `validation` for an address that cannot be used */
  target(options: Readonly<Record<string, unknown>>): { host: string; port: number } | null;
  /** Quiet until it is asked. */
  open(options: Readonly<Record<string, unknown>>, deps: PollDeps): PollSession;
}

export interface PollDeps {
  outgoing: Outgoing;
  clock: Clock;
  /** `192.168.1.20:502`: allowed by an admin for this one alone. */
  allowed: string | null;
}

/** One device or address, with at most one connection. */
export interface PollSession {
  /** Asks once. @throws PollError */
  ask(signal: AbortSignal): Promise<PollAnswer>;
  close(): Promise<void>;
}

/** What one asking gave. */
export interface PollAnswer {
  values: PolledValue[];
  /** What of it could not be read: `register 40012: illegal address`. */
  faults?: string[];
  /** A sentence for the page: `200 OK in 31 ms`. */
  detail: string;
}

export interface PolledValue {
  /** Last level of the sensor's name. */
  sensor: string;
  value: number | boolean | string;
  unit?: string;
  tMs?: number;
}

/** Why there was no answer: a sentence that says what to do. */
export class PollError extends Error {
  constructor(
    readonly code: "refused" | "timeout" | "unreachable" | "protocol" | "answer" | "forbidden",
    message: string,
  ) {
    super(message);
    this.name = "PollError";
  }
}
