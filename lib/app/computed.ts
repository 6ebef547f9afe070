import { type Computed, createComputed } from "../computed/computed.ts";
import type { Intake } from "../intake/intake.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

/** Sensors that are computed from others. They follow committed readings once their task runs. */
export async function createComputedParts(
  { clock, log, storage, bus }: Foundation,
  { registry, machines }: Pick<MachineParts, "registry" | "machines">,
  intake: Pick<Intake, "offerBatch">,
): Promise<Computed> {
  const computed = await createComputed({
    db: storage.db,
    clock,
    log: log.child("computed"),
    readings: storage.readings,
    registry,
    sensors: registry,
    machines,
    offer: (batch) => intake.offerBatch(batch),
  });
  bus.subscribe("readings", computed.take);
  bus.subscribe("sensor.changed", computed.sensorChanged);
  return computed;
}
