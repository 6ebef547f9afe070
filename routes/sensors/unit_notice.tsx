import type { VNode } from "preact";
import type { Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { Shown } from "../../lib/machines/shown_unit.ts";
import type { UnitChoice } from "../../lib/machines/unit_choice.ts";
import { ownUnit } from "../../lib/machines/unit_change.ts";
import { title } from "../../lib/words/names.ts";
import { sensorHref } from "../frame/links.ts";
import { otherUnitsOf } from "./request.ts";

export const UNIT_ACTION = "/sensor-settings/unit";
export const CONFIRM_UNIT = "/sensor-settings/confirm-unit";

type Other = NonNullable<ReturnType<typeof otherUnitsOf>>[number];

/** A notice that a sensor's device reports another unit, with the choice of what becomes of such readings. */
export function UnitNotice(
  { sensors, sensor, mayChoose }: {
    sensors: SensorDirectory;
    sensor: Sensor;
    mayChoose: boolean;
  },
): VNode | null {
  const others = otherUnitsOf(sensors, sensor);
  if (others === undefined) return null;
  const own = ownUnit(sensor) ?? "";
  return <>{others.map((other) => one(sensors, sensor, own, other, mayChoose))}</>;
}

/** What is to be known about the unit that the page shows: that it is guessed, or another than the stored one. */
export function ShownNotice(
  { sensor, shown, mayChoose }: { sensor: Sensor; shown: Shown; mayChoose: boolean },
): VNode | null {
  if (shown.guessed) {
    return (
      <form method="post" action={CONFIRM_UNIT} class="unit-guess">
        <input type="hidden" name="id" value={sensor.id} />
        <p class="muted">
          {`The unit ${sensor.unit} is guessed from its name: no device and nobody has said it. `}
        </p>
        {mayChoose && <button type="submit" class="small">{`It is ${sensor.unit}`}</button>}
      </form>
    );
  }
  if (shown.convert === null) return null;
  return (
    <p class="muted">
      {`Stored in ${sensor.unit}, shown in ${shown.unit}. Downloads are as stored.`}
    </p>
  );
}

function one(
  sensors: SensorDirectory,
  sensor: Sensor,
  own: string,
  other: Other,
  mayChoose: boolean,
): VNode {
  const kept = other.sensor === null ? undefined : sensors.find(other.sensor);
  const where = kept === undefined ? null : <a href={sensorHref(kept.id)}>{title(kept.sensor)}</a>;
  if (other.choice === "convert") {
    return <p class="muted">{`Readings in ${other.unit} are converted into ${own}.`}</p>;
  }
  if (other.choice === "new_sensor") {
    return (
      <p class="muted">
        Readings in {other.unit} are stored under {where ?? "a sensor of their own"}.
      </p>
    );
  }
  return (
    <section class="card" aria-label={`Now reports ${other.unit}`}>
      <p>
        <span class="mark warning" aria-hidden="true">▲</span>
        {` Now reports ${other.unit} instead of ${own}. `}
        Such readings are kept apart, in {where ?? "a sensor of their own"}, until you choose.
      </p>
      {mayChoose && (
        <form method="post" action={UNIT_ACTION} class="buttons">
          <input type="hidden" name="id" value={sensor.id} />
          <input type="hidden" name="unit" value={other.unit} />
          {other.convertible && button("convert", `Convert into ${own} from now on`)}
          {button("take", `Switch to ${other.unit}`)}
          {button("new_sensor", `Keep ${other.unit} as a sensor of its own`)}
        </form>
      )}
    </section>
  );
}

function button(choice: UnitChoice, text: string): VNode {
  return <button type="submit" name="choice" value={choice}>{text}</button>;
}
