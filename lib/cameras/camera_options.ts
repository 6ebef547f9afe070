/** Options and settings of a camera: validated before they are stored, secrets encrypted. */
import { parseFields } from "../base/field_words.ts";
import { openOptions, sealOptions } from "../base/options.ts";
import type { Sealer } from "../base/sealed.ts";
import { type CameraSettings, cameraSettingsSchema } from "./camera.ts";
import type { CameraRow } from "./camera_store.ts";
import type { CameraKind } from "./kinds/kind.ts";

type Options = Record<string, unknown>;

/** @throws PerchError `validation` naming the option */
export function parseOptions(kind: CameraKind, options: Readonly<Options>): Options {
  const prepared = kind.prepare?.(options) ?? options;
  const parsed = parseFields(kind.options.strict(), prepared, "options") as Options;
  kind.target(parsed);
  return parsed;
}

/** What is left out stays as it was. @throws PerchError `validation` naming the setting */
export function parseSettings(given: Readonly<Options>, before: Readonly<Options>): CameraSettings {
  return parseFields(cameraSettingsSchema, { ...before, ...given }, "settings");
}

/** Settings as they were stored; what this version does not know or take has its default. */
export function storedSettings(stored: Readonly<Options>): CameraSettings {
  const { shape } = cameraSettingsSchema;
  const good = Object.entries(stored).filter(([name, value]) =>
    Object.hasOwn(shape, name) && shape[name as keyof typeof shape].safeParse(value).success
  );
  return cameraSettingsSchema.parse(Object.fromEntries(good));
}

/** The row with these options, secrets apart and encrypted. */
export async function sealRow(
  row: CameraRow,
  kind: CameraKind,
  options: Readonly<Options>,
  sealer: Sealer,
): Promise<CameraRow> {
  return { ...row, ...await sealOptions(kind.options, options, sealer, aboutOf(row)) };
}

/** Options with secrets. @throws PerchError when they cannot be read */
export const openRow = (row: CameraRow, sealer: Sealer): Promise<Options> =>
  openOptions(row, sealer, aboutOf(row));

const aboutOf = ({ id }: CameraRow) => `camera:${id}`;
