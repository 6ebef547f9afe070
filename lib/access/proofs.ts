import type { Clock } from "../base/clock.ts";
import type { Actor } from "./audit_row.ts";
import type { Identity } from "./identity.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign_in.ts";
import type { User } from "./user_store.ts";

/** When people last proved who they are, for what needs a fresh proof. */
export interface Proofs {
  /** How long ago whoever asks signed in, or gave their password again in the same sign-in; null: no person does. */
  ageMs(who: Identity): number | null;
  /** Takes a person's password again, and a code where they have a second factor. @throws as `SignIn.confirm` */
  renew(
    who: Identity,
    user: User,
    proof: { password: string; code?: string },
    from: Actor,
  ): Promise<void>;
}

export function createProofs(
  { clock, sessions, signIn }: {
    clock: Pick<Clock, "now">;
    sessions: Pick<Sessions, "live">;
    signIn: Pick<SignIn, "confirmWithCode">;
  },
): Proofs {
  /** Of sign-ins that live; in memory alone, so a start forgets them. */
  const renewed = new Map<string, number>();
  return {
    ageMs({ kind, session }) {
      const live = kind === "user" && session !== undefined ? sessions.live(session) : null;
      if (live === null) return null;
      return clock.now() - Math.max(live.createdMs, renewed.get(live.id) ?? 0);
    },
    async renew({ session }, user, proof, from) {
      await signIn.confirmWithCode(user, proof, from);
      if (session === undefined) return;
      renewed.set(session, clock.now());
      for (const id of renewed.keys()) if (sessions.live(id) === null) renewed.delete(id);
    },
  };
}
