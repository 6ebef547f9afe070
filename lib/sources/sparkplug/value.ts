/** What a value means: the bits of the wire by its data type. */
import { elementType, kindOfType, TYPE } from "./types.ts";
import type { Raw, Whole } from "./payload.ts";

/** A value as it was meant; a bigint where a number would not be exact. */
export type Value = number | bigint | boolean | string;

/** Bits of the whole numbers that come in 32 bits. */
const BITS: Readonly<Record<number, { bits: number; signed: boolean }>> = {
  [TYPE.int8]: { bits: 8, signed: true },
  [TYPE.int16]: { bits: 16, signed: true },
  [TYPE.int32]: { bits: 32, signed: true },
  [TYPE.uint8]: { bits: 8, signed: false },
  [TYPE.uint16]: { bits: 16, signed: false },
  [TYPE.uint32]: { bits: 32, signed: false },
};
/** Elements of one array that are kept. */
export const ELEMENTS_MOST = 1_000;

/** The type of a value whose type nobody said. */
export function guessedType(raw: Raw | undefined): number {
  switch (raw?.in) {
    case "int":
      return TYPE.uint32;
    case "long":
      return TYPE.int64;
    case "float":
      return TYPE.float;
    case "double":
      return TYPE.double;
    case "boolean":
      return TYPE.boolean;
    case "string":
      return TYPE.string;
    case "bytes":
      return TYPE.bytes;
    case "dataset":
      return TYPE.dataSet;
    case "template":
      return TYPE.template;
    default:
      return TYPE.unknown;
  }
}

/** A single value of this type; undefined: the two do not go together. */
export function valueOf(type: number, raw: Raw): Value | undefined {
  switch (kindOfType(type)) {
    case "binary":
      return truthOf(raw);
    case "text":
      return textOf(raw);
    case "number":
      return numberOf(type, raw);
    default:
      return undefined;
  }
}

function truthOf(raw: Raw): boolean | undefined {
  if (raw.in === "boolean") return raw.value;
  if (raw.in === "int" || raw.in === "long") return Number(raw.value) !== 0;
}

function textOf(raw: Raw): string | undefined {
  if (raw.in === "string") return raw.value;
  if (raw.in === "float") return String(widened(raw.value));
  if (raw.in !== "bytes" && raw.in !== "dataset" && raw.in !== "template") return String(raw.value);
}

function numberOf(type: number, raw: Raw): Value | undefined {
  if (raw.in === "float") return widened(raw.value);
  if (raw.in === "double") return raw.value;
  if (raw.in === "boolean") return Number(raw.value);
  if (raw.in !== "int" && raw.in !== "long") return undefined;
  return wholeOf(type, raw.value);
}

/** A whole number from its bits: publishers send negative ones at their own width, at 32 and at 64 bits. */
function wholeOf(type: number, bits: Whole): number | bigint {
  const width = BITS[type];
  if (width === undefined) return type === TYPE.uint64 ? exact(bits) : exact(signed64(bits));
  const low = typeof bits === "number" ? bits >>> 0 : Number(BigInt.asUintN(32, bits));
  const spare = 32 - width.bits;
  return width.signed ? low << spare >> spare : low << spare >>> spare;
}

function signed64(bits: Whole): Whole {
  return typeof bits === "number" ? bits : BigInt.asIntN(64, bits);
}

/** A number where it is exact. */
function exact(whole: Whole): Whole {
  if (typeof whole === "number") return whole;
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

/** The shortest decimal that is this 32-bit number: 21.3, not 21.299999237060547. */
export function widened(single: number): number {
  if (!Number.isFinite(single) || Number.isInteger(single) && Math.abs(single) < 2 ** 24) {
    return single;
  }
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return shorter;
  }
  return Number(single.toPrecision(9));
}

/** The elements of an array (types 22 to 34), little-endian; undefined: the bytes are none. */
export function elementsOf(type: number, bytes: Uint8Array): Value[] | undefined {
  const element = elementType(type);
  if (element === undefined) return undefined;
  if (element === TYPE.boolean) return booleansOf(bytes);
  if (element === TYPE.string) return stringsOf(bytes);
  const size = SIZES[element];
  if (bytes.length % size !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Math.min(bytes.length / size, ELEMENTS_MOST);
  return Array.from({ length }, (_, i) => elementAt(view, i * size, element));
}

const SIZES: Readonly<Record<number, number>> = {
  [TYPE.int8]: 1,
  [TYPE.uint8]: 1,
  [TYPE.int16]: 2,
  [TYPE.uint16]: 2,
  [TYPE.int32]: 4,
  [TYPE.uint32]: 4,
  [TYPE.float]: 4,
  [TYPE.int64]: 8,
  [TYPE.uint64]: 8,
  [TYPE.double]: 8,
  [TYPE.dateTime]: 8,
};

function elementAt(view: DataView, at: number, type: number): Value {
  if (type === TYPE.float) return widened(view.getFloat32(at, true));
  if (type === TYPE.double) return view.getFloat64(at, true);
  const size = SIZES[type];
  if (size === 8) return wholeOf(type, view.getBigUint64(at, true));
  const bits = size === 1
    ? view.getUint8(at)
    : size === 2
    ? view.getUint16(at, true)
    : view.getUint32(at, true);
  return wholeOf(type, bits);
}

/** A count of four bytes, then eight to a byte, the first in the highest bit. */
function booleansOf(bytes: Uint8Array): boolean[] | undefined {
  if (bytes.length < 4) return undefined;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (count > (bytes.length - 4) * 8) return undefined;
  const length = Math.min(count, ELEMENTS_MOST);
  return Array.from({ length }, (_, i) => (bytes[4 + (i >> 3)] >> (7 - (i & 7)) & 1) === 1);
}

/** Texts that end in a zero byte. */
function stringsOf(bytes: Uint8Array): string[] | undefined {
  if (bytes.length === 0) return [];
  if (bytes[bytes.length - 1] !== 0) return undefined;
  const texts: string[] = [];
  for (let at = 0; at < bytes.length && texts.length < ELEMENTS_MOST;) {
    const end = bytes.indexOf(0, at);
    texts.push(new TextDecoder().decode(bytes.subarray(at, end)));
    at = end + 1;
  }
  return texts;
}
