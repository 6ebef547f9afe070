import type { SensorKind } from "../../../readings/reading.ts";

/*
 * What was understood of a configuration, as far as messages are read by it. It is what a dialect gets back after a
 * restart, so it is JSON.
 */

/** How a state is read. `auto`: the first value decides whether it is a number or a text. */
export interface Reading {
  topic: string;
  template?: string;
  /** Of the payload; UTF-8 where it is left out. */
  encoding?: string;
  as: SensorKind | "auto";
  /** Payloads for on and off. */
  on?: string;
  off?: string;
  /** States by what is sent for them; what is sent otherwise is refused. */
  words?: Record<string, string>;
  options?: string[];
  /** A text that is a time or a date. */
  time?: "timestamp" | "date";
  /** What is sent where there is no value, beside `None`. */
  none?: string;
}

export interface Availability {
  mode: "all" | "any" | "latest";
  topics: { topic: string; on: string; off: string; template?: string }[];
}

/** How an entity is given an order. */
export interface Ordering {
  topic: string;
  template?: string;
  on?: string;
  off?: string;
  qos: 0 | 1;
}

/** One entity of a configuration. */
export interface Plan {
  form: "discovered";
  /** `sensor/node/object`: the topic that announced it. */
  key: string;
  /** Its key within a configuration of a whole device. */
  component?: string;
  /** `sensor:<unique id>`; of what has none, its place. */
  unique: string;
  read?: Reading;
  availability?: Availability;
  /** Topics from which nothing is read: attributes, orders. */
  quiet?: string[];
  /** By what its device is known. */
  keys: string[];
}
