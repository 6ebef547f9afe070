import { parseArgs } from "node:util";
import type { Config, Mode } from "../base/config.ts";
import { messageOf } from "../base/errors.ts";
import type { VariableName } from "../base/variables.ts";
import type { Terminal } from "./terminal.ts";

/** 0 good, 1 a problem was found, 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

export interface Option {
  type: "boolean" | "string";
  /** What stands for the value in the help, e.g. `N`. */
  value?: string;
  help: string;
  /** May be given several times. */
  many?: boolean;
}

/** A word after the command's name, e.g. `NAME`. */
export interface Word {
  /** As the help shows it, in capitals. */
  name: string;
  help: string;
  /** May be left out; only the last one. */
  optional?: boolean;
}

/** One command of `perch`: a file in `commands/` and a line in `commands/mod.ts`. */
export interface Command {
  /** As typed, e.g. `user add`. */
  name: string;
  summary: string;
  /** What follows the name, in this order. Default: nothing. */
  words?: readonly Word[];
  options: Readonly<Record<string, Option>>;
  /** What the help adds below the options, a sentence or two each. */
  notes?: readonly string[];
  run(context: CommandContext): Promise<ExitCode>;
}

export interface CommandContext {
  terminal: Terminal;
  flags: Flags;
  /** `--json` was given: results are one JSON document on standard output. */
  json: boolean;
  /** Reads `.env` and the environment. @throws PerchError `validation` */
  config(mode?: Mode, set?: Partial<Record<VariableName, string>>): Config;
  /** True when the variable stands in the environment or in a `.env` file. */
  isSet(name: VariableName, mode?: Mode): boolean;
}

/** The command line was not understood: exit code 2 and a hint to the help. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Typed access to parsed options; every error names the option, the value and what is allowed. */
export interface Flags {
  /** A word after the command's name. */
  word(name: string): string | undefined;
  has(name: string): boolean;
  text(name: string): string | undefined;
  /** Of an option that may be given several times: all of them. */
  texts(name: string): string[];
  need(name: string): string;
  number(name: string, least: number, most: number): number | undefined;
}

/** Options that every command has. */
export const COMMON: Record<string, Option> = {
  json: { type: "boolean", help: "print the result as JSON" },
  help: { type: "boolean", help: "print this help" },
};

/** Finds the command of `args` (default `serve`) and parses the rest. @throws UsageError */
export function parseCommand(
  args: readonly string[],
  commands: readonly Command[],
): { command: Command; flags: Flags; json: boolean; help: boolean } {
  const words = args.findIndex((arg) => arg.startsWith("-"));
  const leading = words === -1 ? args : args.slice(0, words);
  const name = commands
    .map((command) => command.name)
    .filter((one) => one.split(" ").every((word, i) => leading[i] === word))
    .sort((a, b) => b.length - a.length)[0];
  if (name === undefined && leading.length > 0) {
    const close = commands.filter((one) => one.name.startsWith(leading[0] + " "));
    throw new UsageError(
      close.length > 0
        ? `"${leading.join(" ")}" is not a command: use ${close.map((one) => one.name).join(", ")}`
        : `"${leading[0]}" is not a command: use ${commands.map((one) => one.name).join(", ")}`,
    );
  }
  const command = commands.find((one) => one.name === (name ?? "serve"))!;
  const rest = args.slice(name === undefined ? 0 : name.split(" ").length);
  const { values, positionals } = parseOptions(command, rest);
  const help = values.help === true;
  return {
    command,
    flags: createFlags(values, help ? {} : wordsOf(command, positionals)),
    json: values.json === true,
    help,
  };
}

type Values = Record<string, string | boolean | string[] | undefined>;

function parseOptions(
  command: Command,
  args: readonly string[],
): { values: Values; positionals: readonly string[] } {
  const known = { ...command.options, ...COMMON };
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { type, many: multiple = false }]) =>
      [name, name === "help" ? { type, short: "h" } : { type, multiple }] as const
    ),
  );
  try {
    const allowPositionals = (command.words ?? []).length > 0;
    const arranged = optionsFirst(args, known);
    const parsed = parseArgs({ args: arranged, options, strict: true, allowPositionals });
    return { values: parsed.values as Values, positionals: parsed.positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${messageOf(error).split(". ")[0]} (perch ${command.name})`);
  }
}

/** `-1`, `-.5`, `-6h`: no option begins with a digit. */
const NEGATIVE = /^-\.?\d/;

/**
 * The options, then the words: a number below zero is a value or a word like any other.
 * @throws UsageError where a value is missing
 */
function optionsFirst(args: readonly string[], known: Readonly<Record<string, Option>>): string[] {
  const options: string[] = [];
  const words: string[] = [];
  const isWord = (arg: string) => !arg.startsWith("-") || arg === "-" || NEGATIVE.test(arg);
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === "--") {
      words.push(...args.slice(at + 1));
      break;
    }
    const name = arg.slice(2);
    if (isWord(arg)) words.push(arg);
    else if (Object.hasOwn(known, name) && known[name].type === "string") {
      const value = args[++at];
      if (value === undefined || !isWord(value)) {
        throw new UsageError(`${arg} needs a value (${arg}=… where it begins with a dash)`);
      }
      options.push(`${arg}=${value}`);
    } else options.push(arg);
  }
  return words.length === 0 ? options : [...options, "--", ...words];
}

function wordsOf(command: Command, given: readonly string[]): Record<string, string> {
  const words = command.words ?? [];
  const usage = `perch ${command.name}${words.map((word) => " " + shownWord(word)).join("")}`;
  if (given.length > words.length) {
    throw new UsageError(`"${given[words.length]}" is one word too many (${usage})`);
  }
  const missing = words.find((word, i) => !word.optional && given[i] === undefined);
  if (missing !== undefined) throw new UsageError(`${missing.name} is missing (${usage})`);
  return Object.fromEntries(given.map((word, i) => [words[i].name, word]));
}

/** As the help shows it. */
export const shownWord = ({ name, optional }: Word) => optional ? `[${name}]` : name;

/** Wraps parsed options and words. */
export function createFlags(values: Values, words: Record<string, string> = {}): Flags {
  const text = (name: string) => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    word: (name) => words[name],
    has: (name) => values[name] !== undefined && values[name] !== false,
    text,
    texts(name) {
      const value = values[name];
      return Array.isArray(value) ? value : [];
    },
    need(name) {
      const value = text(name);
      if (value === undefined || value === "") throw new UsageError(`--${name} is missing`);
      return value;
    },
    number(name, least, most) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = value.trim() === "" ? NaN : Number(value);
      if (!(number >= least && number <= most)) {
        throw new UsageError(`--${name} is "${value}": give a number from ${least} to ${most}`);
      }
      return number;
    },
  };
}
