import { messageOf, PerchError } from "../base/errors.ts";
import { type Command, type ExitCode, parseCommand, UsageError } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { loadConfig, type Variables, withEnvFiles } from "./environment.ts";
import { helpOf, helpOfAll, helpOfGroup } from "./help.ts";
import type { Terminal } from "./terminal.ts";

export interface Host {
  terminal: Terminal;
  env: Variables;
  /** Working directory: where `.env` and relative paths are looked for. */
  cwd: string;
  /** Default: all commands. */
  commands?: readonly Command[];
}

/** Runs `perch <args>` and gives its exit code. Never throws; errors are one sentence on standard error. */
export async function runPerch(args: readonly string[], host: Host): Promise<ExitCode> {
  const { terminal, env, cwd } = host;
  const commands = host.commands ?? COMMANDS;
  const [first] = args;
  if (first === "--help" || first === "-h" || first === "help") {
    terminal.out(helpOfAll(commands));
    return 0;
  }
  const group = helpOfGroup(args, commands);
  if (group !== null) {
    terminal.out(group);
    return 0;
  }
  const asked = first === "--version" ? ["version", ...args.slice(1)] : args;
  let json = false;
  try {
    const parsed = parseCommand(asked, commands);
    json = parsed.json;
    if (parsed.help) {
      terminal.out(helpOf(parsed.command, commands));
      return 0;
    }
    return await parsed.command.run({
      terminal,
      flags: parsed.flags,
      json,
      config: (mode = "serve", set) => loadConfig(env, { cwd, mode, set }),
      isSet: (name, mode = "serve") => Boolean(withEnvFiles(env, { cwd, mode })[name]),
    });
  } catch (error) {
    return explain(error, json, terminal);
  }
}

/** What only a person can change: trying again gives the same. */
const USAGE = ["validation", "bad_request", "not_started"];

function explain(error: unknown, json: boolean, terminal: Terminal): ExitCode {
  if (error instanceof UsageError) {
    terminal.err(`${error.message}. "perch --help" lists what there is.`);
    return 2;
  }
  if (error instanceof PerchError) {
    if (json) {
      terminal.out(
        JSON.stringify({
          error: { code: error.code, message: error.message, errors: error.errors },
        }),
      );
    }
    const sentences = error.code === "validation" && error.errors.length > 0
      ? error.errors.map((one) => one.message)
      : [error.message];
    for (const sentence of sentences) terminal.err(sentence);
    return USAGE.includes(error.code) ? 2 : 1;
  }
  const fault = fileFault(error);
  if (fault !== null) {
    terminal.err(fault);
    return 2;
  }
  // Not foreseen: the stack is what a report of this fault needs.
  terminal.err(error instanceof Error ? error.stack ?? error.message : messageOf(error));
  return 1;
}

/** Codes of the system about a file and its rights; the message names the file. */
const FILE_CODES = [
  "EISDIR",
  "ENOTDIR",
  "EACCES",
  "EPERM",
  "EROFS",
  "ELOOP",
  "ENOTEMPTY",
  "EEXIST",
];

/** A sentence for an error of the file system that nobody foresaw; null for anything else. */
function fileFault(error: unknown): string | null {
  const code = String((error as { code?: unknown } | null)?.code);
  if (!(error instanceof Error) || !FILE_CODES.includes(code)) return null;
  return `${error.message}. Perch needs that path, and cannot use what is there: move it away or give the ` +
    "user that runs Perch the right to it.";
}
