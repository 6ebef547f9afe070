import { type Command, COMMON, shownWord } from "./command.ts";

/** The help of one command, and the names of those that begin with its own. */
export function helpOf(command: Command, commands: readonly Command[]): string {
  const options = Object.entries({ ...command.options, ...COMMON }).map(([name, option]) => {
    const left = `--${name}${option.type === "string" ? " " + (option.value ?? "VALUE") : ""}`;
    return `  ${left.padEnd(22)} ${option.help}`;
  });
  const words = (command.words ?? []).map((word) => `  ${shownWord(word).padEnd(22)} ${word.help}`);
  const more = (command.notes ?? []).map((note) => `\n${note}`);
  const below = belowOf(command.name, commands);
  return [
    `perch ${command.name}: ${command.summary}`,
    "",
    ...words,
    ...options,
    ...more,
    ...(below.length === 0 ? [] : ["", ...listOf(below)]),
  ].join("\n");
}

/** What `perch key --help` asks for: the commands that begin with that word. Null: it asks for something else. */
export function helpOfGroup(args: readonly string[], commands: readonly Command[]): string | null {
  const [first, ...rest] = args;
  if (!rest.some((arg) => arg === "--help" || arg === "-h")) return null;
  if (rest.some((arg) => !arg.startsWith("-"))) return null;
  if (commands.some(({ name }) => name === first)) return null;
  const below = belowOf(first, commands);
  if (below.length === 0) return null;
  return [
    `perch ${first} <command> [options]`,
    "",
    ...listOf(below),
    "",
    `perch ${below[0].name} --help lists the options of one.`,
  ].join("\n");
}

/** The help of all commands. */
export function helpOfAll(commands: readonly Command[]): string {
  return [
    "perch <command> [options]",
    "",
    ...listOf(commands),
    "",
    "perch <command> --help lists its options; perch check --env lists the environment variables.",
  ].join("\n");
}

const belowOf = (word: string, commands: readonly Command[]) =>
  commands.filter(({ name }) => name.startsWith(word + " "));

const listOf = (commands: readonly Command[]) =>
  commands.map((command) => `  ${command.name.padEnd(14)} ${command.summary}`);
