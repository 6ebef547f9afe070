/** What a register map says, and how the values stand in the registers. */

export const AREAS = ["holding", "input", "coil", "discrete"] as const;
export type Area = typeof AREAS[number];

export const TYPES = [
  ...["bool", "int16", "uint16", "int32", "uint32", "int64", "uint64"],
  ...["float32", "float64", "text"],
] as const;
export type RegisterType = typeof TYPES[number];

/**
 * How the bytes of a value stand in its registers: `big` ABCD (the high word first, as the protocol has words),
 * `little` DCBA, `big_swapped` BADC, `little_swapped` CDAB (the low word first, each word as usual).
 */
export const ORDERS = ["big", "little_swapped", "big_swapped", "little"] as const;
export type Order = typeof ORDERS[number];

/** One value of a device. */
export interface Register {
  /** Last level of the sensor's name. */
  name: string;
  area: Area;
  /** As it goes over the wire: from 0. */
  address: number;
  type: RegisterType;
  order: Order;
  /** Of a `bool` in a register: which bit, 0 the lowest. */
  bit: number;
  /** Of a text: how many registers. */
  words: number;
  /** The value is `raw × scale + offset`. */
  scale: number;
  offset: number;
  unit?: string;
  /** This raw number says that there is no value. */
  none?: number;
}

const WORDS: Readonly<Record<RegisterType, number>> = {
  bool: 1,
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
  text: 0,
};

/** Registers (or coils) that the value takes. */
export function wordsOf({ type, words }: Pick<Register, "type" | "words">): number {
  return type === "text" ? words : WORDS[type];
}

export const isBits = ({ area }: Pick<Register, "area">) => area === "coil" || area === "discrete";

/**
 * The value of a register from the bytes of its words, in the order of the wire; null: the device says that it has
 * none (NaN, its `none`, an empty text). A whole number beyond 2^53 is the nearest float64.
 */
export function valueOf(register: Register, bytes: Uint8Array): number | boolean | string | null {
  const { type, none, scale, offset } = register;
  if (type === "text") return textOf(bytes);
  const view = arranged(bytes, register.order);
  if (type === "bool") return (view.getUint16(0) >> register.bit & 1) === 1;
  const raw = RAW[type](view);
  if (!Number.isFinite(raw) || raw === none) return null;
  return scale === 1 && offset === 0 ? raw : tidy(raw * scale + offset);
}

const RAW: Readonly<
  Record<Exclude<RegisterType, "bool" | "text">, (view: DataView) => number>
> = {
  int16: (view) => view.getInt16(0),
  uint16: (view) => view.getUint16(0),
  int32: (view) => view.getInt32(0),
  uint32: (view) => view.getUint32(0),
  int64: (view) => Number(view.getBigInt64(0)),
  uint64: (view) => Number(view.getBigUint64(0)),
  float32: (view) => shortest(view.getFloat32(0)),
  float64: (view) => view.getFloat64(0),
};

/** 21.299999237… was written as 21.3: a float32 has seven digits that say something. */
function shortest(x: number): number {
  for (let digits = 6; digits <= 8; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return short;
  }
  return x;
}

/** Without the noise of the last bits: 233 × 0.1 is 23.3. */
const tidy = (x: number) => Number(x.toPrecision(15));

function arranged(bytes: Uint8Array, order: Order): DataView {
  const out = Uint8Array.from(bytes);
  if (order === "little" || order === "little_swapped") out.reverse();
  if (order === "big_swapped" || order === "little_swapped") {
    for (let i = 0; i + 1 < out.length; i += 2) [out[i], out[i + 1]] = [out[i + 1], out[i]];
  }
  return new DataView(out.buffer);
}

/** Devices pad with zero bytes or blanks. */
function textOf(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
  return text === "" ? null : text;
}
