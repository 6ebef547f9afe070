/** What an export writes: series, and blocks of rows, which each format turns into bytes. */
import type { Tier } from "../../readings/store.ts";
import type { Conversion } from "../../words/conversion.ts";
import type { ExportFormat, ExportLayout, StepValue } from "./order.ts";
import type { SiteHead } from "../site_head.ts";

/** A sensor as it stands in the file. */
export interface ExportSeries {
  /** Public id. */
  id: string;
  /** `<area…>/<machine>/<sensor>` */
  name: string;
  machine: string;
  sensor: string;
  kind: "number" | "binary" | "text";
  /** Of the values in the file. */
  unit: string | null;
  /** From what is stored; null: as it is. */
  convert: Conversion | null;
  /** Texts by code, of a sensor of texts. */
  states: readonly string[];
}

/** What the file holds; it can be sent to a worker. */
export interface ExportHead {
  site: SiteHead;
  madeMs: number;
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  format: ExportFormat;
  layout: ExportLayout;
  /** Null: the readings themselves. */
  stepMs: number | null;
  /** What stands for a step in the wide layout. */
  of: StepValue;
  decimal: "point" | "comma";
  /** IANA name: times that are written as text carry its offset. */
  zone: string;
  gzip: boolean;
  series: readonly ExportSeries[];
}

/** Rows of one series, in time order: columns of equal length, values as they are stored. */
export interface LongBlock {
  series: number;
  tMs: Float64Array;
  /** The reading, or the mean where it stands for several. */
  value: Float64Array;
  /** Of readings; null: these are no single readings. */
  flags: Uint8Array | null;
  /** Of means. */
  spread: { min: Float64Array; max: Float64Array; n: Uint32Array } | null;
  tier: Tier;
}

/** Rows of all series on one grid; NaN: there is none. */
export interface WideBlock {
  tMs: Float64Array;
  /** By series. */
  values: readonly Float64Array[];
}

export type Block = LongBlock | WideBlock;

/** One format: bytes for a head, for each block, for the end. May keep up to a part of a file; throws nothing else than disks do. */
export interface TableWriter {
  begin(): Bytes | Promise<Bytes>;
  write(block: Block): Bytes | Promise<Bytes>;
  end(): Bytes | Promise<Bytes>;
  /** Lets go of what is open, wherever it stands. */
  close(): void;
}
export type Bytes = Uint8Array<ArrayBuffer>;

export const NO_BYTES: Bytes = new Uint8Array(0);

export const isLong = (block: Block): block is LongBlock => "series" in block;

/** The columns of a block, to be handed over or given back. */
export function columnsOf(block: Block): ArrayBufferView<ArrayBuffer>[] {
  const columns = isLong(block)
    ? [block.tMs, block.value, block.flags, ...Object.values(block.spread ?? {})]
    : [block.tMs, ...block.values];
  return columns.filter((column) => column !== null) as ArrayBufferView<ArrayBuffer>[];
}
