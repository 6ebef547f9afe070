/** The contract of what Perch asks by itself: one file here (`define.ts` makes it), one line in `mod.ts`. */
import type { z } from "zod";
import type { Clock } from "../../../base/clock.ts";
import type { Outgoing } from "../../../base/outgoing.ts";

export interface PollKind {
  /** `modbus`, `http`; stable, it is stored. */
  kind: string;
  title: string;
  /** One sentence: what it is for. */
  about: string;
  /** Seconds from one asking to the next unless somebody says otherwise. Default 60. */
  everyS?: number;
  /** It reports by itself to an address with a secret and is never opened: a heartbeat. */
  reports?: boolean;
  /** Why it is not possible on this host, a sentence that says what is; null: it is. Default: it always is. */
  missing?(outgoing: Pick<Outgoing, "mayPing">): string | null;
  /** Strict, each field with title and help; `secret: true` in its meta keeps it encrypted and unanswered. */
  options: z.ZodObject;
  /**
   * Where it connects to, port 0 for a ping; null: nowhere.
   * @throws PerchError `validation` for an address that cannot be used
   */
  target(options: Readonly<Record<string, unknown>>): { host: string; port: number } | null;
  /** Quiet until it is asked: a library that is heavy is imported by the first asking. */
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
  /** Asks once; never while it is being asked. @throws PollError, or what `outgoing` throws */
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
  /** How long the answer took; left out: from the asking to its end. */
  responseMs?: number;
}

export interface PolledValue {
  /** Last level of the sensor's name; `up` and `response time` are every poll's own. */
  sensor: string;
  value: number | boolean | string;
  unit?: string;
  tMs?: number;
}

export type PollFault =
  /** Nobody listens there. */
  | "refused"
  | "timeout"
  /** No way there, or the name is not known. */
  | "unreachable"
  /** It does not speak the language. */
  | "protocol"
  /** It answered, and not what is expected. */
  | "answer"
  /** The certificate is not good. */
  | "tls"
  /** Perch may not connect there. */
  | "forbidden"
  /** It may once an admin allows it: nothing is known of what is asked. */
  | "unallowed"
  /** A heartbeat did not come, or said that its job failed. */
  | "missed";

/** Why there was no answer: a sentence that says what to do. */
export class PollError extends Error {
  override readonly name = "PollError";
  constructor(
    readonly code: PollFault,
    message: string,
    /** What was measured all the same: days left of a certificate that has expired. */
    readonly values: readonly PolledValue[] = [],
  ) {
    super(message);
  }
}
