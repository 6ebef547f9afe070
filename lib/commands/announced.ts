/** What the directory of devices hands over: what devices announced that can be told. */
import type { OrderSpec, OrderValue } from "../machines/order.ts";

/** One thing that a device announced and that can be told. */
export interface AnnouncedTarget {
  /** Uid of the entity: names it for good. */
  uid: string;
  /** Storage number of the sensor that shows its state; null: it has none (a button). */
  sensorNum: number | null;
  /** Public id of the machine. */
  machineId: string;
  name: string;
  order: OrderSpec;
  /** False: the device says that it cannot be reached. */
  available: boolean;
}

export interface AnnouncedTargets {
  /** Those that were not taken back. */
  all(): Iterable<AnnouncedTarget>;
  find(uid: string): AnnouncedTarget | null;
  /** Called, at most some times a second, after one came, changed or went. */
  onChange(listener: () => void): void;
  /** The message that tells it so; null: its dialect is off or gone. Never throws. */
  message(order: OrderSpec, value: OrderValue): OrderMessage | null;
}

/** As `OwnMessage` of the sources: what is published. It is never retained. */
export interface OrderMessage {
  topic: string;
  payload: string | Uint8Array;
  qos: 0 | 1;
}

/** No device announces anything. */
export const NOBODY: AnnouncedTargets = {
  all: () => [],
  find: () => null,
  onChange: () => {},
  message: () => null,
};
