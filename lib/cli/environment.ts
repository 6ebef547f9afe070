import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { type Config, type Mode, parseConfig } from "../base/config.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import { notesOf, type VariableName } from "../base/variables.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Adds `.env` files to the process's environment: that of the working directory, then that of the data
 * directory. What is already set wins.
 * @throws PerchError `validation` when a file is there but cannot be read.
 */
export function withEnvFiles(env: Variables, options: { cwd: string; mode: Mode }): Variables {
  const here = { ...readEnvFile(join(options.cwd, ".env")), ...dropEmpty(env) };
  const notes = notesOf("PERCH_DATA");
  const fallback = options.mode === "sim" ? notes.simDefault ?? notes.default : notes.default;
  const dataDir = resolve(options.cwd, here.PERCH_DATA ?? fallback!);
  if (dataDir === resolve(options.cwd)) return here;
  return { ...readEnvFile(join(dataDir, ".env")), ...here };
}

/** Environment, `.env` files and command line, parsed. @throws PerchError `validation` */
export function loadConfig(
  env: Variables,
  options: { cwd: string; mode: Mode; set?: Partial<Record<VariableName, string>> },
): Config {
  const all = withEnvFiles({ ...env, ...options.set }, options);
  return parseConfig(all, options);
}

function dropEmpty(env: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] =>
      entry[1] !== undefined && entry[1] !== ""
    ),
  );
}

function readEnvFile(path: string): Record<string, string> {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return {};
    }
    throw new PerchError("validation", `${path} cannot be read (${messageOf(error)}).`);
  }
  return dropEmpty(parseEnv(text) as Variables);
}
