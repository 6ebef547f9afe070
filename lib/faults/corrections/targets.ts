/** What a correction may change, and nothing else. Pure. */
import type { FaultRow } from "../../db/schema/faults.ts";
import type { ScriptKind, ScriptRef } from "../../scripts/script.ts";

/** A file of a script, or a setting. */
export type Target = { script: ScriptRef } | { setting: string };

const FOLDERS: Readonly<Record<string, ScriptKind>> = {
  codecs: "codec",
  detectors: "detector",
  fault_detectors: "fault_detector",
};
const FILE = /^(codecs|detectors|fault_detectors)\/([a-z0-9_-]{1,64})\.js$/;
/** Settings of how much and how long. Who may do what, and where Perch connects to, no correction touches. */
const SETTING =
  /^setting:((?:readings|storage|machines|alarms|events|host|logs|tickets|backup|reports)\.[a-z0-9_]{1,60})$/;

/** What `codecs/pump.js` and `setting:readings.keep_days` name; null: nothing that may be changed. */
export function parseTarget(text: string): Target | null {
  const file = FILE.exec(text);
  if (file !== null) return { script: { kind: FOLDERS[file[1]], name: file[2] } };
  const setting = SETTING.exec(text);
  return setting === null ? null : { setting: setting[1] };
}

/** What a correction of this fault would change, by its name; null: nothing that may be changed. */
export function targetOf(
  { cause, component, file }: Pick<FaultRow, "cause" | "component" | "file">,
): string | null {
  if (file !== null) return parseTarget(file) === null ? null : file;
  if (parseTarget(cause) !== null) return cause;
  const [kind, name] = component.split(":");
  const folder = Object.keys(FOLDERS).find((one) => FOLDERS[one] === kind);
  const path = `${folder}/${name}.js`;
  return parseTarget(path) === null ? null : path;
}

/** The fault of a script as whoever saw it reported it. */
export function scriptFaultOf(
  { type, message, line, column }: Pick<FaultRow, "type" | "message" | "line" | "column">,
) {
  const known = ["syntax", "contract", "runtime", "shape", "time", "memory", "output"] as const;
  const found = known.find((one) => type.startsWith(one)) ?? "runtime";
  return { type: found, message, line, column };
}
