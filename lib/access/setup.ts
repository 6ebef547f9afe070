import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Actor } from "./audit_row.ts";
import { writeSecretFile } from "./secret_file.ts";
import { hashOf, randomSecret, sameText } from "./secrets.ts";
import type { User } from "./user_store.ts";
import type { Users } from "./users.ts";

export const SETUP_MS = 30 * 60_000;
const FILE = "setup-token";
const TOKEN_BYTES = 16;

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
  const path = join(deps.dataDir, FILE);
  let token: { hash: string; untilMs: number } | null = null;

  const removeFile = () =>
    Deno.remove(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  const isOpen = () => token !== null && users.isEmpty() && clock.monotonic() < token.untilMs;

  return {
    isOpen,
    async begin() {
      if (!users.isEmpty()) {
        await removeFile();
        return null;
      }
      const secret = randomSecret(TOKEN_BYTES);
      await writeSecretFile(path, `${secret}\n`);
      token = { hash: hashOf(secret), untilMs: clock.monotonic() + SETUP_MS };
      return secret;
    },
    async finish(input, actor) {
      if (!isOpen() || !sameText(hashOf(input.token.trim()), token!.hash)) {
        throw new PerchError(
          "unauthenticated",
          "this setup token does not hold: it counts once, for 30 minutes after the start",
          { errors: [{ path: "token", message: "does not hold" }] },
        );
      }
      const user = await users.add(
        { email: input.email, password: input.password, role: "admin" },
        { ...actor, name: "setup" },
        { onlyFirst: true },
      );
      token = null;
      await removeFile();
      return user;
    },
  };
}
