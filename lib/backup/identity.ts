import { messageOf, PerchError } from "../base/errors.ts";

const IDENTITY = /^[ \t]*(AGE-SECRET-KEY-1[0-9A-Z]+)\s*$/im;
const MOST_BYTES = 64 * 1024;

/**
 * The private key in a file, as `age-keygen` and the recovery sheet write it; `-` asks `input`. Never from the
 * command line itself, which other users can read. Null without a path. @throws PerchError `validation`
 */
export async function readIdentity(
  path: string | undefined,
  input: () => Promise<string>,
): Promise<string | null> {
  if (path === undefined) return null;
  if (IDENTITY.test(path)) {
    throw new PerchError(
      "validation",
      "--identity is the private key itself, which others can read in the list of processes and in the history of " +
        "the shell: put it in a file, or give - and type it.",
    );
  }
  const found = IDENTITY.exec(path === "-" ? await input() : await read(path));
  if (found !== null) return found[1].toUpperCase();
  throw new PerchError(
    "validation",
    `--identity is "${path}", in which there is no private key: a line that begins with AGE-SECRET-KEY-1.`,
  );
}

async function read(path: string): Promise<string> {
  try {
    if ((await Deno.stat(path)).size > MOST_BYTES) return "";
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new PerchError("validation", `--identity cannot be read: ${messageOf(error)}.`);
  }
}
