/** What every change of machines and sensors needs. */
import { type FieldError, PerchError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Lookup } from "./lookup.ts";
import type { Registry, RegistryChanges } from "./registry.ts";
import type { Sensor } from "./sensor.ts";

export interface ChangeDeps {
  db: Database;
  clock: Clock;
  registry: Registry;
  lookup: Lookup;
  /** One change after the other: what a change starts from is what it was checked against. */
  exclusive: <T>(run: () => Promise<T>) => Promise<T>;
  /** Something of a sensor changed that its status depends on. */
  onSensor?: (sensor: Sensor) => void;
}

/** @throws `validation` with the first of the errors as its message, when there are any */
export function refuse(errors: FieldError[]): void {
  if (errors.length === 0) return;
  throw new PerchError("validation", `${errors[0].path}: ${errors[0].message}`, { errors });
}

/** Writes a change that may give sensors new names; readings under those are theirs from now on. */
export async function writeRenaming(
  db: Database,
  changes: RegistryChanges,
  renamed: readonly { sensor: Sensor; name: string | undefined }[],
  statements: readonly SqlStatement[],
): Promise<void> {
  const claims = renamed.flatMap(({ sensor, name }) =>
    name === undefined ? [] : [changes.claim(sensor, name)]
  );
  try {
    await db.write(statements);
  } catch (error) {
    for (const giveUp of claims) giveUp();
    throw error;
  }
}

/** A patch without what was not given. */
export function defined<T extends object>(patch: T): T {
  return Object.fromEntries(Object.entries(patch).filter(([, v]) => v !== undefined)) as T;
}
