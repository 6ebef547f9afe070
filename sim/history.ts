import type { Clock } from "../lib/base/clock.ts";
import type { Machine } from "./machines/machine.ts";
import { historyMessages, type Moment } from "./messages.ts";
import type { Publisher } from "./publisher.ts";
import type { World } from "./world.ts";

/** The latest part is as dense as live data; what is older has a sample each 10 s. */
const DENSE_S = 600;
const SPARSE_S = 10;
const MOMENTS = 60;
const MOST_PENDING = 50;
/** Simulated seconds per turn of the event loop. */
const SLICE_S = 200;

/** Plays the past up to now, with device times, as fast as the broker takes it. */
export async function playHistory(
  options: {
    world: World;
    publisher: Publisher;
    clock: Clock;
    historyS: number;
    signal: AbortSignal;
  },
): Promise<void> {
  const { world, publisher, clock, historyS, signal } = options;
  const startMs = clock.now() - historyS * 1_000;
  const moments = new Map<Machine, Moment[]>();
  const send = async (machine: Machine) => {
    const batch = moments.get(machine) ?? [];
    moments.delete(machine);
    if (batch.length === 0) return;
    await publisher.belowPending(MOST_PENDING, signal);
    for (const { topic, payload } of historyMessages(machine, batch)) {
      publisher.publish(topic, payload);
    }
  };
  for (let s = 1; s <= historyS && !signal.aborted; s++) {
    const dense = s > historyS - DENSE_S || s % SPARSE_S === 0;
    for (const { machine, values } of world.step()) {
      // Changes of state and slow sensors are never left out.
      if (!dense && machine.periodS === undefined && !hasState(machine, values)) continue;
      const list = moments.get(machine) ?? [];
      moments.set(machine, list);
      list.push({ tsMs: startMs + s * 1_000, values });
      if (list.length >= MOMENTS) await send(machine);
    }
    if (s % SLICE_S === 0) await clock.sleep(0, signal).catch(() => {});
  }
  for (const machine of world.machines) await send(machine);
}

function hasState(machine: Machine, values: Moment["values"]): boolean {
  return (machine.states ?? []).some((name) => name in values);
}
