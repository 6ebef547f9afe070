import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Actor } from "./audit_row.ts";
import { createConsoleToken } from "./console_token.ts";
import type { User } from "./user_store.ts";
import type { Users } from "./users.ts";

export const SETUP_MS = 30 * 60_000;
const FILE = "setup-token";

/** First start: while nobody has an account, whoever can read the console or the file makes the first admin. */
export interface Setup {
  /** Makes the token and its file when there is no account; removes the file otherwise. */
  begin(): Promise<string | null>;
  /** True while the page `/setup` has something to do. */
  isOpen(): boolean;
  /** @throws `unauthenticated` (token wrong, used or older than 30 min), `validation`, `conflict` (too late) */
  finish(
    input: { token: string; email: string; password: string },
    actor: Actor,
  ): Promise<User>;
}

export function createSetup(
  deps: { users: Users; clock: Clock; dataDir: string },
): Setup {
  const { users, clock } = deps;
  const token = createConsoleToken({
    path: join(deps.dataDir, FILE),
    livesMs: SETUP_MS,
    monotonicMs: () => clock.monotonic(),
    refusal: "this setup token is not valid: it can be used once, within 30 minutes of the start",
  });

  return {
    isOpen: () => token.isOpen() && users.isEmpty(),
    async begin() {
      if (users.isEmpty()) return await token.begin();
      await token.end();
      return null;
    },
    async finish(input, actor) {
      // Somebody may have been faster by another way.
      if (!users.isEmpty()) await token.end();
      token.check(input.token);
      const user = await users.add(
        { email: input.email, password: input.password, role: "admin" },
        { ...actor, name: "setup" },
        { onlyFirst: true },
      );
      await token.end();
      return user;
    },
  };
}
