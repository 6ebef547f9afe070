/** Options and settings of a poll: validated before they are stored, secrets encrypted. */
import { parseFields } from "../../base/field_words.ts";
import { openOptions, sealOptions } from "../../base/options.ts";
import type { Sealer } from "../../base/sealed.ts";
import type { PollKind } from "./kinds/kind.ts";
import { type PollSettings, pollSettingsSchema } from "./poll.ts";
import type { PollRow } from "./poll_store.ts";

type Options = Record<string, unknown>;

/** @throws PerchError `validation` naming the option */
export function parseOptions(kind: PollKind, options: Readonly<Options>): Options {
  const parsed = parseFields(kind.options.strict(), options, "options") as Options;
  kind.target(parsed);
  return parsed;
}

/** What is left out stays as it was. @throws PerchError `validation` naming the setting */
export function parseSettings(given: Readonly<Options>, before: Readonly<Options>): PollSettings {
  return parseFields(pollSettingsSchema, { ...before, ...given }, "settings");
}

/** Settings as they were stored; what this version does not know or take has its default. */
export function storedSettings(stored: Readonly<Options>): PollSettings {
  const { shape } = pollSettingsSchema;
  const good = Object.entries(stored).filter(([name, value]) =>
    Object.hasOwn(shape, name) && shape[name as keyof typeof shape].safeParse(value).success
  );
  return pollSettingsSchema.parse(Object.fromEntries(good));
}

/** The row with these options, secrets apart and encrypted. */
export async function sealRow(
  row: PollRow,
  kind: PollKind,
  options: Readonly<Options>,
  sealer: Sealer,
): Promise<PollRow> {
  return { ...row, ...await sealOptions(kind.options, options, sealer, aboutOf(row)) };
}

/** Options with secrets. @throws PerchError when they cannot be read */
export const openRow = (row: PollRow, sealer: Sealer): Promise<Options> =>
  openOptions(row, sealer, aboutOf(row));

const aboutOf = ({ id }: PollRow) => `poll:${id}`;
