/** What this host's buses offer: the contract of a driver. */
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { KernelTree } from "../../base/kernel_files.ts";

/** What is set of an input, whatever its driver. */
export const inputSettingsShape = z.strictObject({
  interval_s: z.number().min(1).max(86_400).default(10)
    .describe("how often it is read, in seconds"),
  pulses_per_unit: z.number().positive().max(1e9).default(1)
    .describe("of a counter: so many pulses are one of its unit"),
  unit: z.string().trim().max(24).default("").describe("of a counter: `kWh`, `l`"),
  debounce_ms: z.number().min(0).max(10_000).default(5)
    .describe("of a pin: a pulse so soon after the one before is the same"),
  edge: z.enum(["rising", "falling"]).default("rising").describe("of a pin: what counts"),
  bias: z.enum(["as-is", "pull-up", "pull-down", "disabled"]).default("as-is")
    .describe("of a pin: its resistor"),
});
export type InputSettings = z.output<typeof inputSettingsShape>;

/** One thing that can be measured here. */
export interface Channel {
  /** What it is known by, over restarts, other slots and other numbers of the kernel: `w1:28-00000a1b2c3d`. */
  id: string;
  driver: string;
  /** What is on one bus is read one after the other. */
  bus: string;
  /** For people: `BME280 at 1-0076`. */
  device: string;
  /** For people: `Temperature`. */
  title: string;
  /** How its sensor may be called. */
  name: string;
  unit: string | null;
  decimals: number;
  /** Where it is now: the driver's own, and another after it was plugged in anew. */
  at: string;
  /** It counts pulses: totals over restarts, in a unit that a person sets. */
  counts?: true;
  /** It is read only once somebody added it. */
  quiet?: true;
}

/**
 * Why there is no value. `gone`: pulled out; `forbidden`: Perch may not read it; `failed`: it does not answer;
 * `refused`: what it says cannot be so.
 */
export interface ReadFault {
  kind: "gone" | "forbidden" | "failed" | "refused";
  /** A sentence without its end: what is wrong, and what to do. */
  text: string;
}
export type Measured = {
  value: number;
  /** To be kept over a restart. */
  state?: CounterState;
  /** Something that people should know, though there is a value. */
  note?: string;
} | { fault: ReadFault };

/** Where a counter stands. */
export interface CounterState {
  /** All pulses since it was added. */
  total: number;
  /** Of the kernel's own counter: what it said last, and in which run of the kernel. */
  count?: number;
  boot?: string;
}

/** What was measured before: null after a start, and where it is long ago. */
export type Before = { value: number; tMs: number } | null;

/** A channel that is being read. */
export interface Reader {
  read(before: Before): Promise<Measured>;
  /** Ends what it started; resolves when that is over. */
  close?(): Promise<void>;
}

/** What drivers read with. */
export interface Host {
  files: KernelTree;
  clock: Clock;
  /** `PATH` for programs; default: as Perch itself has it. */
  path?: string;
}

/** For tests: another tree instead of the kernel's, and another place for `gpiomon`. */
export interface HostPlace {
  root?: string;
  path?: string;
}

export interface Found {
  channels: Channel[];
  /** What stands in the way, and what to do, in sentences. */
  notes: string[];
}

/** How the channels of one bus are found and read. One file each, one line in `drivers/mod.ts`. Never throws. */
export interface HardwareDriver {
  /** Stable, it is stored. */
  name: string;
  /** "1-Wire", for people. */
  title: string;
  /** Where nothing is found: what to do. */
  help: string;
  /** Folders of the kernel that change when something is plugged in or out. */
  folders: readonly string[];
  /** Changes when something else does on which its channels depend. */
  signature?(): string;
  find(host: Host): Promise<Found>;
  open(host: Host, channel: Channel, settings: InputSettings, state: CounterState | null): Reader;
}

export const fault = (kind: ReadFault["kind"], text: string): { fault: ReadFault } => ({
  fault: { kind, text },
});
