import type { SqlStatement } from "../db/client.ts";

/** The audit row of a change, written in its transaction. */
export interface AuditChange {
  /** `<resource>.<verb>`, e.g. `machine.update`. */
  action: string;
  /** What it was done to, e.g. `user:4fk2…`. */
  resource: string;
  /** State before and after, without secrets. */
  before?: unknown;
  after?: unknown;
  /** What is changed, where that is not the resource itself; none: it only records. */
  touches?: readonly string[];
  /** What else must be as the person who changes saw it. */
  heeds?: readonly string[];
  /** What grows by it, which others may do in the same moment. */
  adds?: readonly string[];
}

/** Who changes, as the statement that records it. */
export type Audited = (change: AuditChange) => SqlStatement;
