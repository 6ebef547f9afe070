import { door } from "./machines/door.ts";
import { fermenter } from "./machines/fermenter.ts";
import type { Machine } from "./machines/machine.ts";
import { room } from "./machines/room.ts";
import { rotating, type RotatingSpec } from "./machines/rotating.ts";
import { createRandom } from "./random.ts";

const ROTATING: readonly RotatingSpec[] = [
  {
    path: "hall-1/press-1",
    dialect: "value",
    rpm: 960,
    nominal: {
      temperature: 62,
      pressure: 160,
      vibration: 2.1,
      motor_current: 48,
      load_weight: 900,
    },
    mode: true,
  },
  {
    path: "hall-1/press-2",
    dialect: "plain",
    rpm: 960,
    nominal: { temperature: 60, pressure: 158, vibration: 1.9, motor_current: 46 },
  },
  {
    path: "hall-1/press-3",
    dialect: "many",
    rpm: 975,
    nominal: { temperature: 66, pressure: 165, vibration: 2.4, motor_current: 52, oil_level: 80 },
    mode: true,
    faultCode: true,
  },
  {
    path: "hall-1/conveyor-1",
    dialect: "sequence",
    rpm: 1_430,
    nominal: { belt_speed: 1.6, load_weight: 240, motor_current: 9, vibration: 1.2 },
  },
  {
    path: "hall-2/conveyor-2",
    dialect: "many",
    rpm: 1_430,
    nominal: { belt_speed: 1.4, load_weight: 310, motor_current: 11, temperature: 48 },
  },
  {
    path: "hall-2/mixer-1",
    dialect: "value",
    rpm: 420,
    nominal: { rpm: 420, temperature: 41, motor_current: 21, oil_level: 85 },
    mode: true,
  },
  {
    path: "hall-2/pump-1",
    dialect: "many",
    rpm: 2_900,
    nominal: { flow_rate: 420, pressure: 6.2, vibration: 2.8, rpm: 2_900, temperature: 55 },
    faultCode: true,
  },
];

/** The plant of a seed: seven machines with motors, a fermenter, a gate and a room. */
export function createPlant(
  seed: number,
  roomOptions: { minC: number; maxC: number; periodS: number },
): Machine[] {
  const random = (name: string) => createRandom(seed, name);
  return [
    ...ROTATING.map((spec) => rotating(spec, random(spec.path))),
    fermenter("hall-2/fermenter-1", random("fermenter-1")),
    door("hall-1/gate", random("gate")),
    room(roomOptions, random("room")),
  ];
}
