import type { Clock } from "../base/clock.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { AuditChange } from "../events/audit_change.ts";
import type { PageOf } from "../db/list.ts";
import type { Actor, AuditQuery, AuditRow } from "./audit_row.ts";
import { createAuditStore } from "./audit_store.ts";
import { type Changes, createChanges } from "./changes.ts";
import type { Identity } from "./identity.ts";

/** The actor of a request. */
export function actorOf(who: Identity | null, address: string, agent: string | undefined): Actor {
  const cut = agent === undefined ? null : clean(agent).slice(0, 200);
  return who === null
    ? { kind: "system", id: null, name: "nobody", address, agent: cut }
    : { kind: who.kind, id: who.id, name: who.name, address, agent: cut };
}

/** A change with who made it; `action` is `<resource>.<verb>`, e.g. `user.update`, `sign_in.failed`. */
export type AuditEntry = AuditChange & { actor: Actor };

/** The append-only log of what people, keys and the program did. */
export interface Audit {
  /** Who was faster. */
  readonly changes: Changes;
  /**
   * The row as a statement, to be written in the same transaction as what it records; that fails when its
   * actor had not seen the newest change of what it touches.
   */
  statement(entry: AuditEntry): SqlStatement;
  record(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<PageOf<AuditRow>>;
  /** Hands rows to `onRow` from now on, each once and only when it is committed. */
  follow(onRow: (row: AuditRow) => void): Promise<void>;
  /** Looks for rows to hand on; called every second. Asks the database only after something was stated. */
  look(): Promise<void>;
}

/** The row of a changed setting, for `Settings.set`. */
export function settingChange(
  audit: Audit,
  actor: Actor,
  key: string,
): (before: unknown, after: unknown) => SqlStatement[] {
  const resource = `setting:${key}`;
  return (before, after) => [
    audit.statement({ actor, action: "setting.update", resource, before, after }),
  ];
}

const MOST_JSON = 16_384;
/** A statement is in the database after this long, or its transaction failed. */
const COMMITTED_MS = 60_000;
const MOST_ROWS = 500;

export function createAudit(
  deps: { db: Database; clock: Clock; timeText?: (ms: number) => string },
): Audit {
  const { clock, timeText = utcText } = deps;
  const store = createAuditStore(deps.db);
  const changes = createChanges({ store, now: () => clock.now(), timeText });
  let follower: ((row: AuditRow) => void) | null = null;
  let handedOn = 0;
  let lookUntilMs = 0;

  function statement({ actor, action, resource, ...entry }: AuditEntry): SqlStatement {
    const { before, after, touches = [resource], heeds = [], adds = [] } = entry;
    lookUntilMs = clock.monotonic() + COMMITTED_MS;
    const row = store.insert({
      ts: clock.now(),
      actor,
      action,
      resource,
      before: json(before),
      after: json(after),
    });
    if (touches.length + adds.length === 0) return row;
    return { ...row, beside: changes.beside(actor.seen, { touches, heeds, adds }) };
  }

  return {
    changes,
    statement,
    record: async (entry) => void await deps.db.write([statement(entry)]),
    list: (query) => store.list(query),
    async follow(onRow) {
      handedOn = await store.newest();
      follower = onRow;
    },
    async look() {
      if (follower === null || clock.monotonic() > lookUntilMs) return;
      for (const row of await store.after(handedOn, MOST_ROWS)) {
        handedOn = row.id;
        follower(row);
      }
    },
  };
}

function utcText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function json(value: unknown): string | null {
  if (value === undefined) return null;
  const out = JSON.stringify(value);
  return out.length <= MOST_JSON ? out : JSON.stringify({ truncated: out.slice(0, MOST_JSON) });
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
function clean(value: string): string {
  return value.replace(CONTROL, " ");
}
