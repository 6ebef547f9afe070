import { PerchError } from "../base/errors.ts";

/** Who asks for a setting that is not there used the command wrongly. */
export function noSetting(key: string): PerchError {
  const message = `There is no setting "${key.slice(0, 80)}": perch settings list names them.`;
  return new PerchError("validation", message, { errors: [{ path: "key", message }] });
}
