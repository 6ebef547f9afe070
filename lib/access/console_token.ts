import { PerchError } from "../base/errors.ts";
import { removeDurably } from "../base/durable_file.ts";
import { writeSecretFile } from "./secret_file.ts";
import { hashOf, randomSecret, sameText } from "./secrets.ts";

const TOKEN_BYTES = 16;

/**
 * Proof that somebody owns the host, where nobody can sign in: a secret on the console (and so in the journal) and
 * in a file that only the owner reads. It counts once and for a limited time.
 */
export interface ConsoleToken {
  /** Makes a new one; the one before does not hold any more. */
  begin(): Promise<string>;
  isOpen(): boolean;
  /** @throws PerchError `unauthenticated`, on the field `token` */
  check(text: string): void;
  /** It was used, or is not needed: the file goes too. */
  end(): Promise<void>;
}

export function createConsoleToken(
  deps: { path: string; livesMs: number; monotonicMs: () => number; refusal: string },
): ConsoleToken {
  const { path, livesMs, monotonicMs } = deps;
  let token: { hash: string; untilMs: number } | null = null;
  const isOpen = () => token !== null && monotonicMs() < token.untilMs;
  return {
    isOpen,
    async begin() {
      const secret = randomSecret(TOKEN_BYTES);
      await writeSecretFile(path, `${secret}\n`);
      token = { hash: hashOf(secret), untilMs: monotonicMs() + livesMs };
      return secret;
    },
    check(text) {
      if (isOpen() && sameText(hashOf(text.trim()), token!.hash)) return;
      throw new PerchError("unauthenticated", deps.refusal, {
        errors: [{ path: "token", message: "is not valid (any more)" }],
      });
    },
    async end() {
      token = null;
      await removeDurably(path);
    },
  };
}
