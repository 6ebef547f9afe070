/**
 * Perch as an edge node: its machines are devices, their sensors metrics. Says which message comes next; pure, time and
 * readings go in. Numbers follow the specification: a birth of the node begins `seq` at 0, each message counts on to 255
 * and from 0 again; `bdSeq` goes up with each connection.
 */
import type { Sensor } from "../../../machines/sensor.ts";
import type { OwnMessage } from "../../source.ts";
import { NAMESPACE } from "../topic.ts";
import { devicePayload, nodeBirth, nodeDeath, type SentMetric } from "./encode.ts";

export type NodeSensor = Pick<
  Sensor,
  "num" | "machine" | "sensor" | "kind" | "unit" | "states" | "last" | "latestText"
>;

export interface NodeOptions {
  group: string;
  node: string;
  nowMs: () => number;
  /** All sensors there are. */
  sensors: () => readonly NodeSensor[];
}

export interface NodeReading {
  num: number;
  tMs: number;
  /** As stored: of a text its code. */
  value: number;
}

interface Born {
  /** What its birth said, but for the values. */
  text: string;
  sensors: readonly NodeSensor[];
}
/** The newest that was said of a metric. */
interface Newest {
  tMs: number;
  inBirth: boolean;
}

const NUMBERS = 256;
/** Values of one message: hosts have bounds; Perch as one takes 10 000. */
const METRICS_MOST = 5_000;

export class EdgeNode {
  #bdSeq = -1;
  #seq = 0;
  #isStale = false;
  readonly #born = new Map<string, Born>();
  readonly #newest = new Map<number, Newest>();
  /** Of all sensors, by number. */
  #byNum = new Map<number, NodeSensor>();

  constructor(private readonly options: NodeOptions) {}

  /** The filter of commands to this node. */
  get commands(): string {
    return this.#topic("NCMD");
  }

  /** The will of the next connection, which has a `bdSeq` of its own. */
  will(): OwnMessage {
    this.#bdSeq = (this.#bdSeq + 1) % NUMBERS;
    return this.death();
  }

  /** What is said before it leaves by itself: the same as its will. */
  death(): OwnMessage {
    const payload = nodeDeath(this.#bdSeq, this.options.nowMs());
    return { topic: this.#topic("NDEATH"), payload, qos: 1, retain: false };
  }

  /** Everything there is, with its present value; after each connection, and when a host asks. */
  births(): OwnMessage[] {
    this.#born.clear();
    this.#newest.clear();
    this.#seq = 0;
    const birth = nodeBirth(this.#bdSeq, this.options.nowMs());
    return [this.#message("NBIRTH", null, birth), ...this.#changes()];
  }

  /** Sensors are others than before. */
  changed(): void {
    this.#isStale = true;
  }

  /** Readings, each at its own time; before them what has changed of devices. */
  data(readings: readonly NodeReading[]): OwnMessage[] {
    const isNew = readings.some(({ num }) => !this.#byNum.has(num));
    const messages = this.#isStale || isNew ? this.#changes() : [];
    const of = new Map<string, SentMetric[]>();
    for (const { num, tMs, value } of readings) {
      const sensor = this.#byNum.get(num);
      // It was removed for good meanwhile.
      if (sensor === undefined) continue;
      const metrics = of.get(sensor.machine) ?? [];
      of.set(sensor.machine, metrics);
      metrics.push({
        ...{ alias: num, kind: sensor.kind, tMs },
        value: sensor.kind === "text" ? sensor.states[value] ?? String(value) : value,
        historical: this.#isPast(num, tMs),
      });
    }
    for (const [machine, metrics] of of) {
      for (let at = 0; at < metrics.length; at += METRICS_MOST) {
        messages.push(this.#device("DDATA", machine, metrics.slice(at, at + METRICS_MOST)));
      }
    }
    return messages;
  }

  /** Births of devices that are new or others, deaths of those that are gone. */
  #changes(): OwnMessage[] {
    this.#isStale = false;
    const machines = Map.groupBy(this.options.sensors(), ({ machine }) => machine);
    this.#byNum = new Map(
      [...machines.values()].flatMap((sensors) => sensors.map((one) => [one.num, one] as const)),
    );
    const messages: OwnMessage[] = [];
    for (const machine of [...this.#born.keys()]) {
      if (machines.has(machine)) continue;
      this.#born.delete(machine);
      messages.push(this.#device("DDEATH", machine, []));
    }
    for (const [machine, sensors] of machines) {
      const text = JSON.stringify(
        sensors.map(({ num, sensor, kind, unit }) => [num, sensor, kind, unit]),
      );
      if (this.#born.get(machine)?.text === text) continue;
      this.#born.set(machine, { text, sensors });
      const metrics = sensors.map((one) => this.#present(one));
      messages.push(this.#device("DBIRTH", machine, metrics));
    }
    return messages;
  }

  #present({ num, sensor, kind, unit, states, last, latestText }: NodeSensor): SentMetric {
    if (last !== null) this.#newest.set(num, { tMs: last.tMs, inBirth: true });
    const value = last === null
      ? null
      : kind === "text"
      ? states[last.value] ?? latestText ?? String(last.value)
      : last.value;
    return { name: sensor, alias: num, kind, unit, tMs: last?.tMs ?? this.options.nowMs(), value };
  }

  /** Whether the host has a later value of it: what waited for the broker mostly is. */
  #isPast(num: number, tMs: number): boolean {
    const newest = this.#newest.get(num);
    if (newest !== undefined && (newest.inBirth ? tMs <= newest.tMs : tMs < newest.tMs)) {
      return true;
    }
    this.#newest.set(num, { tMs, inBirth: false });
    return false;
  }

  #device(
    type: "DBIRTH" | "DDATA" | "DDEATH",
    machine: string,
    metrics: readonly SentMetric[],
  ): OwnMessage {
    this.#seq = (this.#seq + 1) % NUMBERS;
    const payload = devicePayload(this.#seq, this.options.nowMs(), metrics);
    return this.#message(type, machine, payload);
  }

  /** Births and data are at QoS 0 and not retained, as the specification asks. */
  #message(type: string, machine: string | null, payload: Uint8Array): OwnMessage {
    return { topic: this.#topic(type, machine), payload, qos: 0, retain: false };
  }

  #topic(type: string, machine: string | null = null): string {
    const { group, node } = this.options;
    const place = `${NAMESPACE}/${idOf(group)}/${type}/${idOf(node)}`;
    return machine === null ? place : `${place}/${deviceId(machine)}`;
  }
}

/** Ids may not have the characters that topics are made of. */
function idOf(name: string): string {
  return name.replace(/[/+#%]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A machine's path as one id: `hall/press` is `hall:press`. */
export function deviceId(machine: string): string {
  return machine.split("/").map((level) => idOf(level).replaceAll(":", "%3A")).join(":");
}
