/** Which sensor a person means who calls it by what it is called: "Press 3 temperature". Pure. */
import { folded, piecesOf } from "../words/matching.ts";
import { lastLevel } from "../words/names.ts";
import type { NamedMachine } from "./places.ts";
import type { Sensor } from "./sensor.ts";

type CalledSensor = Pick<Sensor, "name" | "machine" | "sensor"> & {
  settings: Pick<Sensor["settings"], "display_name">;
};

/**
 * The one sensor that has all words of `text` and no others, in any order: those of its machine and its own, by their
 * names or by what people call them. Undefined: none, or several.
 */
export function sensorByWords<S extends CalledSensor>(
  text: string,
  sensors: Iterable<S>,
  machineOf: (path: string) => NamedMachine | undefined,
): S | undefined {
  const pieces = piecesOf(text);
  const wanted = keyOf(text);
  if (wanted === "") return undefined;
  let found: S | undefined;
  for (const sensor of sensors) {
    const called = machineOf(sensor.machine)?.name ?? null;
    const { display_name: display } = sensor.settings;
    // Cheap, and true for whatever fits: of ten thousand sensors few are looked at closely.
    const whole = folded(`${sensor.name} ${called ?? ""} ${display ?? ""}`);
    if (!pieces.every((piece) => whole.includes(piece))) continue;
    const machines = [
      lastLevel(sensor.machine),
      sensor.machine,
      ...(called === null ? [] : [called]),
    ];
    const own = display === null ? [sensor.sensor] : [display, sensor.sensor];
    const fits = own.some((name) =>
      keyOf(name) === wanted || machines.some((machine) => keyOf(`${machine} ${name}`) === wanted)
    );
    if (!fits) continue;
    if (found !== undefined) return undefined;
    found = sensor;
  }
  return found;
}

const keyOf = (text: string) => piecesOf(text).sort().join(" ");
