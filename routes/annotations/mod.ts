import type { Route } from "../http/route.ts";
import { annotationRoutes } from "./api.ts";
import { type NotePageParts, notePages } from "./note.tsx";

export type AnnotationRouteParts = NotePageParts;

/** What charts draw beside the readings, and the notes among it. */
export function annotationsRoutes(parts: AnnotationRouteParts): Route[] {
  return [...annotationRoutes(parts), ...notePages(parts)];
}
