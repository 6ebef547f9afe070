import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { createTurns } from "../base/turns.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { EventLog } from "../events/events_store.ts";
import { HOUR_MS } from "../words/times.ts";
import type { Attempts } from "./attempts.ts";
import type { Audit } from "./audit.ts";
import type { Actor } from "./audit_row.ts";
import type { LinkKind } from "./link_store.ts";
import type { User } from "./user_store.ts";
import type { Users } from "./users.ts";

/**
 * Invitations and resets that go out by email. Only an event is written here; the one-use link is made when the
 * mail is sent, and stored nowhere as it is.
 */
export interface MailedLinks {
  /** Mails can be sent to people at the moment. */
  available(): boolean;
  /** What asks for the mail, for the transaction of what it goes with. */
  statements(user: User, kind: LinkKind, actor: Actor): SqlStatement[];
  request(user: User, kind: LinkKind, actor: Actor): Promise<void>;
  /**
   * Somebody forgot a password. The answer reveals nothing: not whether the account exists, nor by the time it takes.
   * @throws PerchError `rate_limited`
   */
  forgot(email: string, from: Actor): Promise<void>;
}

/** Mails to one person, whoever asks from wherever. */
const RESETS_PER_HOUR = 3;

export function createMailedLinks(
  deps: {
    db: Database;
    clock: Clock;
    log: Log;
    events: Pick<EventLog, "statement" | "list">;
    users: Users;
    audit: Audit;
    attempts: Attempts;
    available: () => boolean;
  },
): MailedLinks {
  const { db, clock, events, users, audit, attempts } = deps;
  const oneAtATime = createTurns();

  function statements(user: User, kind: LinkKind, actor: Actor): SqlStatement[] {
    const name = user.name || user.email;
    return [
      events.statement({
        type: kind === "invite" ? "access.invited" : "access.password_reset",
        subject: `user:${user.id}`,
        severity: "info",
        tMs: clock.now(),
        text: kind === "invite" ? `${name} was invited` : `${name} is to choose a new password`,
        actor: actor.kind === "system" ? null : actor.name,
        body: { user: user.id },
        route: true,
      }),
      audit.statement({
        actor,
        action: `user.${kind}_mail`,
        resource: `user:${user.id}`,
        touches: [],
      }),
    ];
  }

  async function mailReset(email: string, from: Actor): Promise<void> {
    const user = users.byEmail(email);
    if (!user || (user.state !== "active" && user.state !== "invited")) return;
    const { items } = await events.list({
      subject: `user:${user.id}`,
      types: ["access.password_reset"],
      fromMs: clock.now() - HOUR_MS,
      limit: RESETS_PER_HOUR,
    });
    if (items.length < RESETS_PER_HOUR) await db.write(statements(user, "reset", from));
  }

  return {
    available: deps.available,
    statements,
    request: async (user, kind, actor) => void await db.write(statements(user, kind, actor)),
    async forgot(email, from) {
      const attempt = await attempts.begin(`forgot ${email}`, from.address ?? "");
      await attempt.failed();
      // One after the other: each counts those before it.
      oneAtATime(() => mailReset(email, from)).catch((error) =>
        deps.log.warn("a reset could not be written", { error })
      );
    },
  };
}
