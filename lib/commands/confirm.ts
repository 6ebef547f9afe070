/** Waits, for each order that was sent, until the state of its device shows it. */
import type { Clock } from "../base/clock.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { OrderValue } from "../machines/order.ts";
import type { Sensor } from "../machines/sensor.ts";
import type { Target } from "./target.ts";
import { shows } from "./value.ts";

/** An order whose end is not known yet. */
export interface Waiting {
  id: string;
  target: Target;
  value: OrderValue;
  sentMs: number;
  /** Monotonic: it is not waited for longer. */
  untilMs: number;
}

export interface Confirming {
  /** Readings that come from now on can confirm it. */
  expect(waiting: Waiting): void;
  /** It is not waited for any more; null: it was not. */
  forget(id: string): Waiting | null;
  /** The order that a target was given before and that is still waited for. */
  ofTarget(targetId: string): Waiting | null;
  /** Those that a committed group confirms; they are no longer waited for. */
  confirmedBy(group: CommittedGroup): Waiting[];
  /** Those that took too long; they are no longer waited for. */
  late(): Waiting[];
  /** When the next one has taken too long (monotonic). */
  nextMs(): number;
}

export function createConfirming(
  deps: { clock: Clock; sensorOf(num: number): Sensor | undefined },
): Confirming {
  const waiting = new Map<string, Waiting>();
  /** By the sensor that shows it: nothing is looked at while nothing is waited for. */
  const bySensor = new Map<number, Waiting[]>();

  function forget(id: string): Waiting | null {
    const one = waiting.get(id);
    if (one === undefined) return null;
    waiting.delete(id);
    const { sensorNum } = one.target;
    if (sensorNum !== null) {
      const left = (bySensor.get(sensorNum) ?? []).filter((other) => other !== one);
      if (left.length === 0) bySensor.delete(sensorNum);
      else bySensor.set(sensorNum, left);
    }
    return one;
  }

  return {
    expect(one) {
      waiting.set(one.id, one);
      const { sensorNum } = one.target;
      if (sensorNum === null) return;
      bySensor.set(sensorNum, [...bySensor.get(sensorNum) ?? [], one]);
    },
    forget,
    ofTarget: (id) => [...waiting.values()].find(({ target }) => target.id === id) ?? null,
    confirmedBy(group) {
      if (bySensor.size === 0) return [];
      const done = new Set<Waiting>();
      for (let i = 0; i < group.n; i++) {
        const orders = bySensor.get(group.sensor[i]);
        if (orders === undefined) continue;
        const sensor = deps.sensorOf(group.sensor[i]);
        if (sensor === undefined) continue;
        for (const one of orders) {
          if (shows(one.target.spec, one.value, sensor, group.value[i])) done.add(one);
        }
      }
      return [...done].filter(({ id }) => forget(id) !== null);
    },
    late() {
      const nowMs = deps.clock.monotonic();
      const late = [...waiting.values()].filter(({ untilMs }) => untilMs <= nowMs);
      return late.filter(({ id }) => forget(id) !== null);
    },
    nextMs: () => Math.min(...[...waiting.values()].map(({ untilMs }) => untilMs)),
  };
}
