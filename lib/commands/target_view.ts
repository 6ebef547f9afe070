/** What can be told, as the API and the pages show it. Pure. */
import type { Sensor } from "../machines/sensor.ts";
import { shownNow } from "../machines/words.ts";
import { mqttWayShape, type Target, type TargetView } from "./target.ts";
import { limitsOf } from "./value.ts";

/** What is known around a target. */
export interface Around {
  /** Path of its machine. */
  machine: string | null;
  /** What shows its state. */
  sensor: Sensor | undefined;
  /** Why no order is given now. */
  whyNot: string | null;
  /** With what only those see who set it up. */
  wholly: boolean;
}

export function targetView(
  target: Target,
  { machine, sensor, whyNot, wholly }: Around,
): TargetView {
  const { id, name, spec, settings, entityUid, createdMs } = target;
  const isNumber = spec.kind === "number";
  const { min, max } = limitsOf(spec, settings);
  const way = entityUid === null ? mqttWayShape.safeParse(spec.way.to) : null;
  return {
    ...{ id, name, machine, kind: spec.kind, settings },
    sensor: sensor?.name ?? null,
    sensor_id: sensor?.id ?? null,
    min: isNumber && Number.isFinite(min) ? min : null,
    max: isNumber && Number.isFinite(max) ? max : null,
    step: spec.step ?? null,
    options: spec.options ?? null,
    unit: sensor?.unit ?? null,
    announced: entityUid !== null,
    dialect: spec.way.dialect,
    ready: whyNot === null,
    why_not: whyNot,
    ...stateOf(sensor),
    way: wholly && way?.success ? way.data : null,
    created_ms: createdMs,
  };
}

/** What its sensor shows. */
function stateOf(sensor: Sensor | undefined): Pick<TargetView, "value" | "value_ms"> {
  if (sensor?.last == null) return { value: null, value_ms: null };
  const { value, tMs } = sensor.last;
  const shown = sensor.kind === "binary" ? value === 1 : shownNow(sensor, value);
  return { value: shown, value_ms: tMs };
}
