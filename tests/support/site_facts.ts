import type { AlarmFact, SensorFact, SiteFacts } from "../../lib/ai/facts.ts";

/** A site of which nothing is known but what is given; `alarms` many alarms are open. */
export function noFacts(
  { alarms = 0, ...given }: Partial<Omit<SiteFacts, "alarms">> & { alarms?: number } = {},
): SiteFacts {
  const nowMs = given.nowMs ?? 0;
  return {
    nowMs,
    zone: "UTC",
    site: "hall",
    machines: [],
    sensors: [],
    alarms: Array.from({ length: alarms }, (_, i) => alarmFact(`a${i}`, { sinceMs: nowMs })),
    faults: [],
    outlooks: [],
    parts: [],
    host: null,
    today: { fromMs: 0, readings: 0, alarms, events: [], latest: [] },
    ...given,
  };
}

export function alarmFact(id: string, given: Partial<AlarmFact> = {}): AlarmFact {
  return {
    id,
    severity: "critical",
    title: `Alarm ${id}`,
    machine: null,
    machineTitle: null,
    sensor: null,
    source: "threshold",
    sinceMs: 0,
    count: 1,
    waits: true,
    ...given,
  };
}

/** A sensor of the machine `hall-1/press-3`, as usual. */
export function sensorFact(title: string, given: Partial<SensorFact> = {}): SensorFact {
  return {
    id: title,
    name: `hall-1/press-3/${title.toLowerCase().replaceAll(" ", "_")}`,
    title,
    machine: "hall-1/press-3",
    machineTitle: "Press 3",
    unit: "°C",
    decimals: null,
    value: 65,
    tMs: 0,
    status: "normal",
    sinceMs: 0,
    usual: { low: 61, high: 72 },
    limits: { warningLow: null, warningHigh: null, criticalLow: null, criticalHigh: null },
    ...given,
  };
}
