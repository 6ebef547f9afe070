import { type Annotations, createAnnotations } from "../annotations/annotations.ts";
import { createNotes, type Notes } from "../annotations/notes.ts";
import type { Alarms } from "../alarms/alarms.ts";
import type { Tickets } from "../tickets/tickets.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

export interface AnnotationParts {
  notes: Notes;
  annotations: Annotations;
}

/** What is drawn on charts beside the readings. */
export function createAnnotationParts(
  { clock, storage: { db }, zone }: Foundation,
  { registry, machines, alarms, tickets }: Pick<MachineParts, "registry" | "machines"> & {
    alarms: Pick<Alarms, "list">;
    tickets: Pick<Tickets, "list">;
  },
): AnnotationParts {
  const notes = createNotes({ db, clock, sensors: registry, machines: registry.machines });
  const annotations = createAnnotations({
    alarms,
    tickets,
    windows: machines.windows,
    notes,
    sensorsOf: (machine) => registry.all().filter((sensor) => sensor.machine === machine),
    zone,
  });
  return { notes, annotations };
}
