/** What the API and the pages of annotations share. */
import type { Audit } from "../../lib/access/audit.ts";
import type { Annotation } from "../../lib/annotations/annotation.ts";
import type { Annotations, ShownPlace } from "../../lib/annotations/annotations.ts";
import type { NoteAuthor, Notes } from "../../lib/annotations/notes.ts";
import type { MachineDirectory, Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import { auditedBy } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";

/** What is asked and changed about annotations. */
export interface AnnotationServices {
  notes: Notes;
  annotations: Annotations;
  sensors: SensorDirectory;
  machines: MachineDirectory;
  audit: Pick<Audit, "statement">;
}

/** Who writes a note, with its audit row. */
export function noteAuthor(
  audit: Pick<Audit, "statement">,
  context: Pick<RouteContext, "who"> & RouteContext,
): NoteAuthor {
  const { id, name, role } = context.who!;
  return { id, name, moderator: role === "admin", audited: auditedBy(audit, context) };
}

/** The places of some sensors, by their machines. */
export function placesOf(
  machines: Pick<MachineDirectory, "find">,
  sensors: readonly Sensor[],
): ShownPlace[] {
  return [...Map.groupBy(sensors, ({ machine }) => machine)].flatMap(([path, list]) => {
    const machine = machines.find(path);
    return machine === undefined ? [] : [{ machine, sensors: list }];
  });
}

/** What is drawn on the chart of some sensors. */
export function annotationsOf(
  { annotations, machines }: Pick<AnnotationServices, "annotations" | "machines">,
  sensors: readonly Sensor[],
  range: { fromMs: number; toMs: number },
): Promise<Annotation[]> {
  return annotations.of(placesOf(machines, sensors), range);
}
