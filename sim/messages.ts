import type { Dialect, Machine, Value } from "./machines/machine.ts";
import type { Sample } from "./world.ts";

export interface Message {
  topic: string;
  payload: string;
}

/** Readings of one machine at one time, for the history. */
export interface Moment {
  tsMs: number;
  values: Record<string, Value>;
}

/** Turns samples into MQTT messages, each machine in its own dialect. Counts sequence numbers per sensor. */
export function createSpeech(): (sample: Sample, tsMs: number) => Message[] {
  const sequence = new Map<string, number>();
  const next = (name: string) => {
    const seq = (sequence.get(name) ?? 0) + 1;
    sequence.set(name, seq);
    return seq;
  };
  return ({ machine, values }, tsMs) => {
    const base = `factory/${machine.path}`;
    if (machine.dialect === "many") {
      return [{ topic: base, payload: JSON.stringify({ ts: tsMs, ...values }) }];
    }
    if (machine.dialect === "own") {
      return [{ topic: `meters/${machine.path}`, payload: Object.values(values).join(";") }];
    }
    return Object.entries(values).map(([name, value]) => ({
      topic: topicOf(machine, name),
      payload: payloadOf(machine.dialect, value, {
        tsMs,
        unit: machine.sensors.find((spec) => spec.name === name)?.unit,
        seq: () => next(`${machine.path}/${name}`),
      }),
    }));
  };
}

/** Where a sensor of a machine reports; of `many` and `own` all together. */
export function topicOf(machine: Machine, sensor: string): string {
  return machine.dialect === "telemetry"
    ? `sensors/${sensor}/telemetry`
    : `factory/${machine.path}/${sensor}`;
}

function payloadOf(
  dialect: Dialect,
  value: Value,
  meta: { tsMs: number; unit?: string; seq: () => number },
): string {
  const { tsMs: ts, unit } = meta;
  switch (dialect) {
    case "plain":
      return String(value);
    case "sequence":
      return JSON.stringify({ value, seq: meta.seq(), ts });
    default:
      return JSON.stringify({ value, ts, unit });
  }
}

/** Many moments of one machine as batches, so that hours of history are a few messages. */
export function historyMessages(machine: Machine, moments: readonly Moment[]): Message[] {
  if (machine.dialect !== "telemetry") {
    const batch = moments.map(({ tsMs, values }) => ({ ts: tsMs, ...values }));
    return [{ topic: `factory/${machine.path}`, payload: JSON.stringify(batch) }];
  }
  return machine.sensors.map(({ name }) => ({
    topic: topicOf(machine, name),
    payload: JSON.stringify(
      moments.filter(({ values }) => name in values)
        .map(({ tsMs, values }) => ({ value: values[name], ts: tsMs })),
    ),
  }));
}
