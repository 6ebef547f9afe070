import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Database } from "../db/client.ts";
import type { Audit } from "./audit.ts";
import type { Actor } from "./audit_row.ts";
import { hashOf } from "./secrets.ts";
import type { User, UserStore } from "./user_store.ts";
import type { Users } from "./users.ts";

const STEP_S = 30;
const RECOVERY_CODES = 10;
/** A secret that was shown and not confirmed is forgotten after this time. */
const ENROL_MS = 15 * 60_000;
const MOST_ENROLLING = 1000;

/** One-time codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s), and recovery codes. */
export interface SecondFactor {
  /** A new secret to scan; nothing changes until `confirm`. */
  enrol(user: User): Promise<{ secret: string; uri: string }>;
  /** Turns it on with a first right code; gives the recovery codes, shown once. @throws `validation`, `conflict` */
  confirm(user: User, code: string, actor: Actor): Promise<string[]>;
  /** Turns it off. */
  remove(user: User, actor: Actor): Promise<void>;
  /** True for a right code that was not used before; a recovery code is used up. */
  accept(userId: string, code: string): Promise<boolean>;
  recoveryCodesLeft(userId: string): Promise<number>;
}

export function createSecondFactor(
  deps: { db: Database; clock: Clock; store: UserStore; users: Users; audit: Audit },
): SecondFactor {
  const { db, clock, store, users, audit } = deps;
  const enrolling = new Map<string, { secret: string; untilMs: number }>();

  /** Step whose code this is, one step of clock difference either way; null when none. */
  async function stepOf(secret: string, code: string): Promise<number | null> {
    const { Secret, TOTP } = await import("otpauth");
    const totp = new TOTP({ secret: Secret.fromBase32(secret), period: STEP_S });
    const nowMs = clock.now();
    const delta = totp.validate({ token: code, timestamp: nowMs, window: 1 });
    return delta === null ? null : Math.floor(nowMs / 1000 / STEP_S) + delta;
  }

  async function acceptCode(userId: string, code: string): Promise<boolean> {
    const { totp, totpStep } = await store.secrets(userId);
    const step = totp === null ? null : await stepOf(totp, code);
    if (step === null || step <= totpStep) return false;
    const [result] = await db.write([store.setTotpStep(userId, step)]);
    return result.rowsAffected === 1;
  }

  async function acceptRecovery(userId: string, code: string): Promise<boolean> {
    const [result] = await db.write([store.useRecoveryCode(userId, hashOf(code))]);
    return result.rowsAffected === 1;
  }

  return {
    async enrol(user) {
      const { Secret, TOTP } = await import("otpauth");
      const secret = new Secret({ size: 20 }).base32;
      enrolling.delete(user.id);
      if (enrolling.size >= MOST_ENROLLING) {
        enrolling.delete(enrolling.keys().next().value as string);
      }
      enrolling.set(user.id, { secret, untilMs: clock.now() + ENROL_MS });
      const uri = new TOTP({
        issuer: "Perch",
        label: user.email,
        secret: Secret.fromBase32(secret),
        period: STEP_S,
      }).toString();
      return { secret, uri };
    },
    async confirm(user, code, actor) {
      const pending = enrolling.get(user.id);
      if (!pending || pending.untilMs < clock.now()) {
        throw new PerchError("conflict", "the secret was not shown lately; begin again");
      }
      const step = await stepOf(pending.secret, code.replace(/\s/g, ""));
      if (step === null) {
        throw new PerchError("validation", "this code is not right", {
          errors: [{
            path: "code",
            message: "this code is not right; compare the clocks of both devices",
          }],
        });
      }
      const codes = Array.from({ length: RECOVERY_CODES }, () => `${randomId(5)}-${randomId(5)}`);
      await db.write([
        store.setTotp(user.id, pending.secret),
        store.setTotpStep(user.id, step),
        ...store.setRecoveryCodes(user.id, codes.map(hashOf)),
        audit.statement({ actor, action: "user.second_factor_on", resource: `user:${user.id}` }),
      ]);
      enrolling.delete(user.id);
      users.totpChanged(user.id, true);
      return codes;
    },
    async remove(user, actor) {
      await db.write([
        store.setTotp(user.id, null),
        ...store.setRecoveryCodes(user.id, []),
        audit.statement({ actor, action: "user.second_factor_off", resource: `user:${user.id}` }),
      ]);
      users.totpChanged(user.id, false);
    },
    async accept(userId, typed) {
      const code = typed.trim().toLowerCase().replace(/\s/g, "");
      if (/^\d{6}$/.test(code)) return await acceptCode(userId, code);
      if (/^[0-9a-z]{5}-[0-9a-z]{5}$/.test(code)) return await acceptRecovery(userId, code);
      return false;
    },
    recoveryCodesLeft: (userId) => store.recoveryCodesLeft(userId),
  };
}
