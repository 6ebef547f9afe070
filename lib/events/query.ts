import type { PageQuery } from "../db/list.ts";
import type { Severity } from "../words/severity.ts";

/** Which events of the log. */
export interface EventFilter {
  /** Types, or the part before the dot (`alarm`). */
  types?: readonly string[];
  severities?: readonly Severity[];
  /** Path of a machine or of an area, as it was then. */
  machine?: string;
  /** Name of who did it. */
  actor?: string;
  /** Words, or their beginnings. */
  search?: string;
  /** Types that are left out, or the part before the dot. */
  hidden?: readonly string[];
}

export interface EventQuery extends EventFilter, PageQuery {
  subject?: string;
  fromMs?: number;
  /** Exclusive. */
  toMs?: number;
}
