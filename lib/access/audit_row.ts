import type { PageQuery } from "../db/list.ts";

/** Who acts, and from where. */
export interface Actor {
  kind: "user" | "key" | "device" | "system";
  id: string | null;
  name: string;
  address: string | null;
  agent: string | null;
  /** What they knew: nothing that was changed after it is overwritten. Perch itself needs none. */
  seen?: Seen;
}

/** The program itself, or a person at the command line. */
export function systemActor(name: string): Actor {
  return { kind: "system", id: null, name, address: null, agent: null };
}

export interface AuditRow {
  id: number;
  ts: number;
  actor: { kind: string; id: string | null; name: string };
  action: string;
  resource: string;
  before: unknown;
  after: unknown;
  address: string | null;
  agent: string | null;
}

export interface AuditQuery extends PageQuery {
  /** Part of the actor's name, the action, the resource or the address. */
  search?: string;
  /** Action, or the part before its dot (`user` finds `user.update`). */
  action?: string;
  actor?: string;
  fromMs?: number;
  toMs?: number;
}

/** What somebody knew when they asked for a change. One for each request. */
export interface Seen {
  /** The newest change that they could know of. */
  readonly number: number;
  /** Newer ones that are their own, by what they changed. */
  readonly own: Map<string, number>;
  /** What their changes depended on. */
  readonly asked: Set<string>;
  /** They go by what they read earlier. Nobody has seen what is yet to come. */
  since(number: number): void;
  /** They are shown what is there now. */
  renew(): void;
}
