/** Readings of one field of the channel, in time order. */
export interface FieldSeries {
  /** 1 to 8. */
  field: number;
  tMs: ArrayLike<number>;
  value: ArrayLike<number>;
  /** A value as it is sent. */
  shown(value: number): number | string;
}

/** One message of a bulk update: a time and the fields that had a reading. */
export interface Update {
  /** ISO 8601 UTC, whole seconds: ThingSpeak keeps no less. */
  created_at: string;
  [field: `field${number}`]: number | string;
}

/**
 * At most one message per step of `[fromMs, toMs)`: the last reading of each field in it, at the time of the
 * latest of them. Steps are epoch-aligned whole seconds, so no two messages have the same time.
 */
export function planUpdates(
  series: readonly FieldSeries[],
  { fromMs, toMs, stepMs }: { fromMs: number; toMs: number; stepMs: number },
): Update[] {
  const steps = new Map<number, { latestMs: number; fields: Record<string, number | string> }>();
  for (const { field, tMs, value, shown } of series) {
    for (let i = 0; i < tMs.length; i++) {
      if (tMs[i] < fromMs || tMs[i] >= toMs) continue;
      const key = Math.floor(tMs[i] / stepMs);
      let step = steps.get(key);
      if (step === undefined) steps.set(key, step = { latestMs: 0, fields: {} });
      step.latestMs = Math.max(step.latestMs, tMs[i]);
      step.fields[`field${field}`] = shown(value[i]);
    }
  }
  return [...steps].sort(([a], [b]) => a - b).map(([, { latestMs, fields }]) => ({
    created_at: new Date(latestMs).toISOString().replace(/\.\d+Z$/, "Z"),
    ...fields,
  }));
}
