/** Data types of Sparkplug B (specification 3.0, 6.4.16), by the numbers on the wire. */
import type { SensorKind } from "../../readings/reading.ts";

export const TYPE = {
  unknown: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  uint8: 5,
  uint16: 6,
  uint32: 7,
  uint64: 8,
  float: 9,
  double: 10,
  boolean: 11,
  string: 12,
  dateTime: 13,
  text: 14,
  uuid: 15,
  dataSet: 16,
  bytes: 17,
  file: 18,
  template: 19,
  propertySet: 20,
  propertySetList: 21,
  int8Array: 22,
  int16Array: 23,
  int32Array: 24,
  int64Array: 25,
  uint8Array: 26,
  uint16Array: 27,
  uint32Array: 28,
  uint64Array: 29,
  floatArray: 30,
  doubleArray: 31,
  booleanArray: 32,
  stringArray: 33,
  dateTimeArray: 34,
} as const;

/** What the elements of an array are. */
const ELEMENTS: Readonly<Record<number, number>> = {
  [TYPE.int8Array]: TYPE.int8,
  [TYPE.int16Array]: TYPE.int16,
  [TYPE.int32Array]: TYPE.int32,
  [TYPE.int64Array]: TYPE.int64,
  [TYPE.uint8Array]: TYPE.uint8,
  [TYPE.uint16Array]: TYPE.uint16,
  [TYPE.uint32Array]: TYPE.uint32,
  [TYPE.uint64Array]: TYPE.uint64,
  [TYPE.floatArray]: TYPE.float,
  [TYPE.doubleArray]: TYPE.double,
  [TYPE.booleanArray]: TYPE.boolean,
  [TYPE.stringArray]: TYPE.string,
  [TYPE.dateTimeArray]: TYPE.dateTime,
};

/** The type of an array's elements; undefined: it is no array. */
export function elementType(type: number): number | undefined {
  return ELEMENTS[type];
}

/** What a sensor of this type is; null: no single value, or none that can be kept. */
export function kindOfType(type: number): SensorKind | null {
  if (type === TYPE.boolean) return "binary";
  if (type === TYPE.string || type === TYPE.text || type === TYPE.uuid) return "text";
  return (type >= TYPE.int8 && type <= TYPE.double) || type === TYPE.dateTime ? "number" : null;
}

/** Whether a number of this type is whole. */
export function isWhole(type: number): boolean {
  return type >= TYPE.int8 && type <= TYPE.uint64;
}

/** What is known and not kept: named once, so that nobody waits for it. */
export function unsupported(type: number): string | null {
  if (type === TYPE.bytes) return "Bytes";
  if (type === TYPE.file) return "File";
  if (type === TYPE.propertySet || type === TYPE.propertySetList) return "PropertySet";
  return type > TYPE.dateTimeArray ? `type ${type}` : null;
}
