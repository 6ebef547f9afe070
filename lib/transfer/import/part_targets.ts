/** Where each part of a segment goes, and what is not imported of it. */
import type { PartTarget } from "./blocks.ts";
import { STAND_INS } from "./counting.ts";
import type { ImportSeries, RejectedLine } from "./format.ts";
import type { DetailLists, ListedSeries } from "./import_counts.ts";
import { type ImportSensors, TEXTS_MOST } from "./import_sensors.ts";
import type { ImportOrder } from "./imports.ts";
import { createPlanner, type Mapping, type Planned } from "./mapping.ts";
import type { PackedSegment } from "./packing.ts";

/** An order's mapping as the planner takes it. */
export function mappingOf({ mapping, others }: Pick<ImportOrder, "mapping" | "others">): Mapping {
  return {
    others: others === "skip" ? "skip" : "import",
    choices: mapping.map(({ key, sensor, unit }) => ({
      key,
      ...(sensor === null ? { skip: true } : { name: sensor }),
      ...(unit === null ? {} : { unit }),
    })),
  };
}

/** A series as it is planned; a sensor that was deleted takes nothing. */
export function plannerOf(
  order: Pick<ImportOrder, "mapping" | "others">,
  sensors: Pick<ImportSensors, "existing">,
  before: readonly ListedSeries[] = [],
): (series: ImportSeries) => Planned {
  const plan = createPlanner(mappingOf(order), (name) => sensors.existing(name), before);
  return (series) => {
    const planned = plan(series);
    if (planned.action !== "import") return planned;
    const sensor = sensors.existing(planned.name);
    if (sensor === undefined || sensor.deletedMs === null) return planned;
    const when = new Date(sensor.deletedMs).toISOString();
    const message = `${sensor.name} was deleted at ${when}: restore it, or choose another name`;
    return { key: series.key, action: "conflict", field: "name", message };
  };
}

export interface Targets {
  /** Per part; null: nothing of it is stored. */
  targets: (PartTarget | null)[];
  skipped: number;
  rejected: number;
  reasons: RejectedLine[];
}

/** Plans series, makes the sensors that are missing, and keeps the lists of an import. */
export class TargetPlanner {
  readonly #plan: (series: ImportSeries) => Planned;
  /** Numbers that stand for new sensors in a dry run. */
  readonly #standIns = new Map<string, number>();
  readonly #texts = new Map<string, Map<string, number>>();

  constructor(
    private readonly deps: {
      sensors: ImportSensors;
      lists: DetailLists;
      beganMs: number;
      dryRun: boolean;
    },
    order: Pick<ImportOrder, "mapping" | "others">,
  ) {
    this.#plan = plannerOf(order, deps.sensors, [...deps.lists.series.values()]);
  }

  async targetsOf({ parts, n }: PackedSegment): Promise<Targets> {
    const all: Targets = { targets: [], skipped: 0, rejected: 0, reasons: [] };
    for (let p = 0; p < parts.length; p++) {
      const target = await this.#targetOf(parts[p], n[p], all);
      all.targets.push(target);
    }
    return all;
  }

  async #targetOf(
    { series, texts }: PackedSegment["parts"][number],
    n: number,
    all: Targets,
  ): Promise<PartTarget | null> {
    const { lists, sensors, beganMs } = this.deps;
    const id = `${series.kind} ${series.unit} ${series.key}`;
    const planned = this.#plan(series);
    if (planned.action !== "import" || lists.lost.has(id)) {
      lists.count(id, { key: series.key, sensor: null, is_new: false }, n);
      if (planned.action === "skip") all.skipped += n;
      else {
        all.rejected += n;
        const why = planned.action === "conflict" ? planned.message : "it was left out before";
        if (!lists.lost.has(id)) all.reasons.push({ line: 0, reason: `${series.key}: ${why}` });
        lists.lose(id);
      }
      return null;
    }
    const { name, unit, kind, convert } = planned;
    const known = sensors.existing(name);
    if (this.deps.dryRun) {
      lists.count(id, { key: series.key, sensor: name, is_new: known === undefined }, n);
      const codes = texts === undefined ? null : this.#codesOf(name, known?.states ?? [], texts);
      return { sensor: known?.num ?? this.#standIn(name), convert, codes };
    }
    const sensor = known ?? await sensors.create({ name, unit, kind });
    const isNew = sensor.createdMs > beganMs;
    lists.count(id, { key: series.key, sensor: sensor.name, is_new: isNew }, n);
    const codes = texts === undefined ? null : await sensors.codesOf(sensor, texts);
    return { sensor: sensor.num, convert, codes };
  }

  /** Texts that a sensor does not have yet get codes that it will never have. */
  #codesOf(name: string, states: readonly string[], texts: readonly string[]): Float64Array {
    const fresh = this.#texts.get(name) ?? new Map<string, number>();
    this.#texts.set(name, fresh);
    return Float64Array.from(texts, (text) => {
      const known = states.indexOf(text);
      if (known >= 0) return known;
      if (!fresh.has(text) && fresh.size < TEXTS_MOST) fresh.set(text, STAND_INS + fresh.size);
      return fresh.get(text) ?? STAND_INS + TEXTS_MOST;
    });
  }

  #standIn(name: string): number {
    const known = this.#standIns.get(name) ?? STAND_INS + this.#standIns.size;
    this.#standIns.set(name, known);
    return known;
  }
}
