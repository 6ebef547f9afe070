/** Script of what goes wrong: at which time, where, what, how strongly and for how long. */

/** Faults of one sensor: what it reports is wrong, the machine is healthy. */
export const SENSOR_FAULTS = ["drift", "spike", "stuck", "silence", "noise"] as const;
/** Faults of a machine: its physics change, and several sensors with them. */
export const MACHINE_FAULTS = [
  "bearing-wear",
  "leak",
  "overload",
  "cooling-lost",
  "battery-collapse",
  "inverter-off",
  "sensor-dead",
  "short-cycling",
  "counter-stopped",
] as const;
/** Faults of the camera that looks at the machine: the machine is healthy. */
export const CAMERA_FAULTS = [
  "camera-freeze",
  "camera-black",
  "camera-stop",
  "camera-half-open",
] as const;
export type FaultKind =
  | typeof SENSOR_FAULTS[number]
  | typeof MACHINE_FAULTS[number]
  | typeof CAMERA_FAULTS[number];

export interface Fault {
  /** Seconds of simulated time since the start. */
  atS: number;
  /** Seconds. */
  durationS: number;
  /** Path of the machine, e.g. `hall-1/press-3`. */
  machine: string;
  /** Needed for faults of a sensor. */
  sensor?: string;
  kind: FaultKind;
  /**
   * Drift: what is added at the end; spike: what is added to one sample in five; noise: standard deviation
   * added; in the sensor's unit. Machine faults: 0 to 1, default 1. Stuck, silence and cameras take none.
   */
  amount?: number;
}

/** How a machine is doing, 0 (as new) to 1 (about to fail). */
export interface Wear {
  bearing: number;
  leak: number;
  overload: number;
  /** Of the house: 0, or 1 while it lasts. */
  cooling: number;
  inverter: number;
  sensor: number;
  cycling: number;
  counter: number;
  /** Grows like wear. */
  collapse: number;
}

/** As new. */
export const NO_WEAR: Readonly<Wear> = {
  ...{ bearing: 0, leak: 0, overload: 0, cooling: 0, inverter: 0, sensor: 0 },
  ...{ cycling: 0, counter: 0, collapse: 0 },
};
/** Faults of a machine by the part that they wear; those that grow over their duration. */
const PARTS: Record<typeof MACHINE_FAULTS[number], keyof Wear> = {
  "bearing-wear": "bearing",
  leak: "leak",
  overload: "overload",
  "cooling-lost": "cooling",
  "battery-collapse": "collapse",
  "inverter-off": "inverter",
  "sensor-dead": "sensor",
  "short-cycling": "cycling",
  "counter-stopped": "counter",
};
const GROWING: ReadonlySet<keyof Wear> = new Set(["bearing", "leak", "collapse"]);

const SPIKE_SHARE = 0.2;

/** Wear of a machine at a time. Some grow over the fault's duration; others are there at once. */
export function wearOf(faults: readonly Fault[], machine: string, tS: number): Wear {
  const wear: Wear = { ...NO_WEAR };
  for (const fault of faults) {
    if (fault.machine !== machine || !isActive(fault, tS)) continue;
    const part = PARTS[fault.kind as typeof MACHINE_FAULTS[number]];
    if (part === undefined) continue;
    const amount = fault.amount ?? 1;
    const share = GROWING.has(part) ? (tS - fault.atS) / fault.durationS : 1;
    wear[part] = Math.max(wear[part], amount * share);
  }
  return wear;
}

/**
 * What a faulty sensor reports instead of `value`; null when it is silent. `last` is what it reported before,
 * `draws` two numbers that are drawn for every sample, faulty or not.
 */
export function distort(
  fault: Fault,
  tS: number,
  value: number,
  last: number,
  draws: { uniform: number; normal: number },
): number | null {
  const amount = fault.amount ?? 0;
  switch (fault.kind) {
    case "drift":
      return value + amount * (tS - fault.atS) / fault.durationS;
    case "spike":
      return draws.uniform < SPIKE_SHARE ? value + amount : value;
    case "noise":
      return value + amount * draws.normal;
    case "stuck":
      return last;
    case "silence":
      return null;
    default:
      return value;
  }
}

export function isActive(fault: Fault, tS: number): boolean {
  return tS >= fault.atS && tS < fault.atS + fault.durationS;
}

/** The fault that the camera at a machine has at a time; null: none. Of several the latest. */
export function cameraFault(
  faults: readonly Fault[],
  machine: string,
  tS: number,
): typeof CAMERA_FAULTS[number] | null {
  const kinds = faults.filter((fault) => fault.machine === machine && isActive(fault, tS))
    .flatMap(({ kind }) => CAMERA_FAULTS.filter((one) => one === kind));
  return kinds.at(-1) ?? null;
}

/**
 * Sentences about what is wrong with a script; empty when it can be played on these sensors, with a camera that
 * looks at `seen`.
 */
export function faultErrors(
  faults: readonly Fault[],
  sensorsOf: ReadonlyMap<string, readonly string[]>,
  seen: string,
): string[] {
  const errors: string[] = [];
  faults.forEach((fault, i) => {
    const sensors = sensorsOf.get(fault.machine);
    const isSensorFault = (SENSOR_FAULTS as readonly string[]).includes(fault.kind);
    const isCameraFault = (CAMERA_FAULTS as readonly string[]).includes(fault.kind);
    if (sensors === undefined) {
      errors.push(
        `faults.${i}.machine is "${fault.machine}": give one of ${
          [...sensorsOf.keys()].join(", ")
        }`,
      );
    } else if (isSensorFault && !sensors.includes(fault.sensor ?? "")) {
      errors.push(
        `faults.${i}.sensor is "${fault.sensor ?? ""}": give one of ${sensors.join(", ")}`,
      );
    } else if (isCameraFault && fault.machine !== seen) {
      errors.push(`faults.${i}.machine is "${fault.machine}": the camera looks at ${seen}`);
    }
  });
  return errors;
}
