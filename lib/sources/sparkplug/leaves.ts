/** A metric as single values: members of templates, cells of data sets and elements of arrays each by a name. */
import type { DataSet, Metric, Raw } from "./payload.ts";
import { elementType, kindOfType, TYPE } from "./types.ts";
import { elementsOf, guessedType, type Value, valueOf } from "./value.ts";

export interface Leaf {
  /** Behind the metric's name: empty, or `/member`. */
  suffix: string;
  type: number;
  /** Null: there is none now. Undefined: what came does not go with the type. */
  value: Value | null | undefined;
  /** Its own time, where it has one. */
  tMs?: number;
}

/** How many values one message may still come to. */
export interface LeafBudget {
  left: number;
}

/**
 * The single values of a metric; null: it came to too many of them.
 * @param typeOf what a value was born as, by its suffix; the wire does not repeat it
 */
export function leavesOf(
  metric: Metric,
  typeOf: (suffix: string) => number | undefined,
  budget: LeafBudget,
): Leaf[] | null {
  const out: Leaf[] = [];
  add(metric, "", { out, typeOf, budget });
  return budget.left < 0 ? null : out;
}

interface Walk {
  out: Leaf[];
  typeOf: (suffix: string) => number | undefined;
  budget: LeafBudget;
}

function add(metric: Metric, suffix: string, walk: Walk): void {
  const { value: raw, tMs } = metric;
  const type = metric.type || (walk.typeOf(suffix) ?? guessedType(raw));
  if (type === TYPE.template) {
    if (raw?.in === "template" && !raw.value.definition) {
      addMembers(raw.value.metrics, suffix, walk);
    }
    return;
  }
  if (type === TYPE.dataSet) {
    if (raw?.in === "dataset") addCells(raw.value, suffix, tMs, walk);
    return;
  }
  if (elementType(type) !== undefined) {
    addElements(type, metric, suffix, walk);
    return;
  }
  if (kindOfType(type) === null) return;
  const isNull = metric.isNull || raw === undefined;
  push(walk, { suffix, type, value: isNull ? null : valueOf(type, raw!), tMs });
}

function addMembers(members: readonly Metric[], suffix: string, walk: Walk): void {
  for (const member of members) {
    if (member.name === undefined || walk.budget.left < 0) continue;
    add(member, `${suffix}/${member.name}`, walk);
  }
}

function addCells(set: DataSet, suffix: string, tMs: number | undefined, walk: Walk): void {
  for (let r = 0; r < set.rows.length; r++) {
    for (let c = 0; c < set.columns.length && walk.budget.left >= 0; c++) {
      const raw: Raw | undefined = set.rows[r][c];
      const type = set.types[c] ?? guessedType(raw);
      if (kindOfType(type) === null) continue;
      const value = raw === undefined ? null : valueOf(type, raw);
      push(walk, { suffix: `${suffix}/${r}/${set.columns[c]}`, type, value, tMs });
    }
  }
}

function addElements(type: number, { value: raw, tMs }: Metric, suffix: string, walk: Walk): void {
  if (raw?.in !== "bytes") return;
  const element = elementType(type)!;
  const elements = elementsOf(type, raw.value);
  if (elements === undefined) {
    push(walk, { suffix: `${suffix}/0`, type: element, value: undefined, tMs });
  }
  for (let i = 0; elements !== undefined && i < elements.length && walk.budget.left >= 0; i++) {
    push(walk, { suffix: `${suffix}/${i}`, type: element, value: elements[i], tMs });
  }
}

function push({ out, budget }: Walk, leaf: Leaf): void {
  if (--budget.left >= 0) out.push(leaf);
}
