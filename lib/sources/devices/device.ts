/** Devices that say themselves what they are: the contract between dialects and the directory of devices. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Decoded, SensorKind } from "../../readings/reading.ts";
import type { OrderSpec, OrderValue } from "../../machines/order.ts";
import type { OwnMessage } from "../source.ts";

/** A device as it announces itself. */
export interface AnnouncedDevice {
  /** Names it over all dialects and for good, such as `ha:press7`, `mac:020000000003`: never a topic. */
  uid: string;
  name: string;
  manufacturer?: string;
  model?: string;
  serial?: string;
  hardware?: string;
  software?: string;
  /** Where it says that it stands. */
  area?: string;
  /** Uid of the device by which it is reached. */
  via?: string;
}

/** One thing that a device measures or can be told. */
export interface AnnouncedEntity {
  /** Names it over all dialects and for good: by the device's own unique id, never by a topic. */
  uid: string;
  /** What it is called at the device; null: it is the device. */
  name: string | null;
  /** Null: it measures nothing (a button). */
  kind: SensorKind | null;
  unit?: string;
  /** In the words of Home Assistant: `temperature`, `door`. */
  deviceClass?: string;
  /** `measurement`, `total`, `total_increasing`. */
  stateClass?: string;
  decimals?: number;
  /** Between which values it can be, as the device says. */
  range?: { low?: number; high?: number };
  /** About the device itself (link quality, battery, versions): not on the overview. */
  diagnostic?: boolean;
  /** False: it is there, but nothing is kept of it until somebody switches it on. Default true. */
  enabled?: boolean;
  /** All texts that it can have. */
  options?: string[];
  /** Silent for longer than this, it is unavailable. */
  expireAfterMs?: number;
  /** How it is told something. */
  order?: OrderSpec;
  /**
   * The name of the sensor under which a plain dialect keeps its readings, as its topic is one of Perch's own: the
   * announcement describes that sensor, which may be there already, and makes no second one.
   */
  sensor?: string;
  /** The dialect's own: where its state comes, how it is read. Given back after a restart. */
  source: Record<string, unknown>;
}

/** A message as a dialect of devices sees it. */
export interface DeviceMessage {
  topic: string;
  payload: Uint8Array;
  /** The broker had kept it. */
  retained: boolean;
  /** When it came in. */
  tMs: number;
}

/**
 * A way in which devices speak that is more than one message: what they announced decides what the next one means.
 * One file (or folder) each, one line in `mod.ts`. Never throws, whatever comes in.
 */
export interface DeviceDialect {
  /** `home_assistant`; stable, it is stored. */
  name: string;
  /** "Home Assistant discovery", for people. */
  title: string;
  /** Filters that it needs at a broker elsewhere, whatever was announced. */
  filters: readonly string[];
  /**
   * Topics that it reads now because of what was announced, exact ones, whether or not a filter covers them. After
   * `directory.topicsChanged` they are asked for, and what the broker keeps there is decoded again.
   */
  topics?(): Iterable<string>;
  /** What was announced before the start. */
  restore?(device: AnnouncedDevice, entities: readonly AnnouncedEntity[]): void;
  /** Null: the message is in another dialect. No drafts and no rejects: understood, nothing to keep. */
  decode(message: DeviceMessage): Decoded | null;
  /** The message by which an entity of this dialect is given an order. */
  order?(to: Readonly<Record<string, unknown>>, value: OrderValue): OwnMessage;
}

/** What a dialect does with what it hears. All of it is on disk when the message that said it is acknowledged. */
export interface DeviceDirectory {
  /**
   * A device and what it can do; again with the same is nothing. An entity that is not among them stays. One that is
   * another device's already, and was not taken back, stays that one's (`clash`).
   * Sensors get their names here, once; a changed name of the device changes what is displayed.
   */
  announce(dialect: string, device: AnnouncedDevice, entities: readonly AnnouncedEntity[]): void;
  /** An entity is taken back; its sensor and history stay. */
  retire(entityUid: string): void;
  /** The name under which readings of an entity come; null: not announced, taken back, or switched off. */
  sensorOf(entityUid: string): string | null;
  /** The device, or one entity, can be reached or not. Readings do not change that. */
  setAvailable(uid: string, available: boolean): void;
  /**
   * Two say that they are the same entity: the first keeps it. Announcing it under another device says so by itself;
   * a dialect says so where both have the same device (another topic that was not taken back).
   */
  clash(entityUid: string, first: string, second: string): void;
  /** Something that is worth counting and is no reject: "template gave nothing". */
  note(dialect: string, what: string): void;
  topicsChanged(): void;
}

/** What a dialect is made with. */
export interface DialectDeps {
  directory: DeviceDirectory;
  clock: Clock;
  log: Log;
  settings: Pick<Settings, "get" | "onChange">;
  /** Publishes at the broker that Perch uses, once it is there; what cannot be sent is dropped. */
  publish(message: OwnMessage): void;
  /** Perch is connected with that broker, each time. The signal ends what is still to be done when Perch stops. */
  onConnected(listener: (stopping: AbortSignal) => void): void;
  /** The sensor of a plain topic of Perch's own; null for all other topics (`dialects/plain_name.ts`). */
  plainName(topic: string, path: readonly (string | number)[] | null): string | null;
}

export type CreateDeviceDialect = (deps: DialectDeps) => DeviceDialect;
