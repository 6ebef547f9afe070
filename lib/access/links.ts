import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { createTurns } from "../base/turns.ts";
import type { Database } from "../db/client.ts";
import type { Audit } from "./audit.ts";
import type { Actor } from "./audit_row.ts";
import { createLinkStore, LIFE_MS, type LinkKind } from "./link_store.ts";
import { hashOf, randomSecret } from "./secrets.ts";
import type { User } from "./user_store.ts";
import type { Users } from "./users.ts";

/** One-use links by which a person sets their own password: invitations and resets. */
export interface Links {
  /**
   * A new secret for `/welcome/…`. Several may be under way (a mail that was sent twice); the first that is used
   * ends them all. @throws `not_found`; `conflict` when the person is disabled
   */
  create(
    userId: string,
    kind: LinkKind,
    actor: Actor,
  ): Promise<{ secret: string; expiresMs: number }>;
  /** Whom a link is for; null when it does not hold. */
  find(secret: string): Promise<{ user: User; kind: LinkKind } | null>;
  /** Sets the password; the link is used up. @throws `unauthenticated`, `validation` */
  use(secret: string, password: string, actor: Actor): Promise<User>;
}

export function createLinks(
  deps: { db: Database; clock: Clock; users: Users; audit: Audit },
): Links {
  const { db, clock, users, audit } = deps;
  const store = createLinkStore(db);
  const oneAtATime = createTurns();

  async function find(secret: string): Promise<{ user: User; kind: LinkKind } | null> {
    if (secret.length > 100) return null;
    const link = await store.find(hashOf(secret));
    if (link === null || link.expiresMs <= clock.now()) return null;
    const user = users.find(link.userId);
    const usable = user?.state === "invited" || user?.state === "active";
    return user && usable ? { user, kind: link.kind } : null;
  }

  return {
    async create(userId, kind, actor) {
      const user = users.find(userId);
      if (!user || user.state === "deleted") throw new PerchError("not_found", "no such person");
      if (user.state === "disabled") {
        throw new PerchError("conflict", "this person is disabled; enable them first");
      }
      const secret = randomSecret();
      const expiresMs = clock.now() + LIFE_MS[kind];
      await db.write([
        store.removeExpired(clock.now()),
        store.insert(hashOf(secret), { kind, userId, expiresMs }, clock.now()),
        audit.statement({
          actor,
          action: `user.${kind}_link`,
          resource: `user:${userId}`,
          touches: [],
        }),
      ]);
      return { secret, expiresMs };
    },
    find,
    use: (secret, password, actor) =>
      oneAtATime(async () => {
        const found = await find(secret);
        if (!found) {
          throw new PerchError(
            "unauthenticated",
            "this link is not valid: it can be used once and for a limited time; ask for a new one",
          );
        }
        const { id, email } = found.user;
        return await users.setPassword(
          id,
          password,
          { ...actor, kind: "user", id, name: email },
          { also: [store.removeOf(id)] },
        );
      }),
  };
}
