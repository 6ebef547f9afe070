/** The payload of Sparkplug B, read within bounds: whatever the bytes are, it ends soon and stays small. */
import { PAYLOAD_BYTES_MOST, VALUES_MOST } from "../dialects/dialect.ts";
import { BYTES, WireFault, WireReader } from "./wire.ts";

/** Numbers as they came: a number where it is exact. */
export type Whole = number | bigint;
/** An alias is any 64-bit number; a map tells both forms apart by value. */
export type Alias = Whole;

export interface Payload {
  tMs?: number;
  seq?: number;
  metrics: Metric[];
}

export interface Metric {
  name?: string;
  alias?: Alias;
  tMs?: number;
  /** 0: not said. */
  type: number;
  historical: boolean;
  transient: boolean;
  isNull: boolean;
  properties?: ReadonlyMap<string, Property>;
  value?: Raw;
}

/** A value by the field in which it came; what it means is said by the data type. */
export type Raw =
  | { in: "int"; value: number }
  | { in: "long"; value: Whole }
  | { in: "float" | "double"; value: number }
  | { in: "boolean"; value: boolean }
  | { in: "string"; value: string }
  | { in: "bytes"; value: Uint8Array }
  | { in: "dataset"; value: DataSet }
  | { in: "template"; value: Template };

export interface Property {
  type: number;
  value?: Raw;
}

export interface DataSet {
  columns: string[];
  types: number[];
  rows: (Raw | undefined)[][];
}

export interface Template {
  definition: boolean;
  metrics: Metric[];
}

/** Why bytes are no payload. */
export interface PayloadFault {
  code: "too_large" | "bad_payload";
  message: string;
}

export const NAME_BYTES_MOST = 512;
const TEXT_BYTES_MOST = 64 * 1024;
/** Templates in templates. */
const DEPTH_MOST = 8;
const PROPERTIES_MOST = 64;
const COLUMNS_MOST = 256;

/** What is left of what one payload may hold. */
interface Budget {
  metrics: number;
  cells: number;
}

/** Reads a payload; never throws. */
export function decodePayload(bytes: Uint8Array): Payload | PayloadFault {
  if (bytes.length > PAYLOAD_BYTES_MOST) {
    return {
      code: "too_large",
      message: `the payload has more than ${PAYLOAD_BYTES_MOST} bytes`,
    };
  }
  try {
    return payloadOf(new WireReader(bytes));
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    const code = error instanceof TooMuch ? "too_large" : "bad_payload";
    return { code, message: `the payload is not Sparkplug B: ${error.message}` };
  }
}

export function isPayloadFault(payload: Payload | PayloadFault): payload is PayloadFault {
  return "code" in payload;
}

class TooMuch extends WireFault {}

function payloadOf(reader: WireReader): Payload {
  const budget: Budget = { metrics: VALUES_MOST, cells: VALUES_MOST };
  const payload: Payload = { metrics: [] };
  while (reader.next()) {
    if (reader.field === 1) payload.tMs = reader.count();
    else if (reader.field === 2) payload.metrics.push(metricOf(reader.message(), budget, 0));
    else if (reader.field === 3) payload.seq = reader.count();
    else reader.skip();
  }
  const isNothing = payload.metrics.length === 0 && payload.tMs === undefined &&
    payload.seq === undefined;
  if (isNothing) throw new WireFault("it has neither a time nor a number nor metrics");
  return payload;
}

function metricOf(reader: WireReader, budget: Budget, depth: number): Metric {
  if (--budget.metrics < 0) throw new TooMuch(`it has more than ${VALUES_MOST} metrics`);
  const metric: Metric = { type: 0, historical: false, transient: false, isNull: false };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        metric.name = reader.text(NAME_BYTES_MOST, "the name of a metric");
        break;
      case 2:
        metric.alias = reader.uint64();
        break;
      case 3:
        metric.tMs = reader.count();
        break;
      case 4:
        metric.type = reader.uint32();
        break;
      case 5:
        metric.historical = reader.bool();
        break;
      case 6:
        metric.transient = reader.bool();
        break;
      case 7:
        metric.isNull = reader.bool();
        break;
      case 9:
        metric.properties = propertiesOf(reader.message());
        break;
      case 17:
        metric.value = { in: "dataset", value: dataSetOf(reader.message(), budget) };
        break;
      case 18:
        metric.value = { in: "template", value: templateOf(reader.message(), budget, depth + 1) };
        break;
      default:
        metric.value = scalarAt(reader, 10) ?? metric.value;
    }
  }
  return metric;
}

/** The value in one of the fields that all messages have in this order; passed over where it is none of them. */
function scalarAt(reader: WireReader, first: number): Raw | undefined {
  switch (reader.field - first) {
    case 0:
      return { in: "int", value: reader.uint32() };
    case 1:
      return { in: "long", value: reader.uint64() };
    case 2:
      return { in: "float", value: reader.float() };
    case 3:
      return { in: "double", value: reader.double() };
    case 4:
      return { in: "boolean", value: reader.bool() };
    case 5:
      return { in: "string", value: reader.text(TEXT_BYTES_MOST, "a text") };
    case 6:
      // Of a metric alone: what has this number elsewhere is no single value.
      if (first === 10) return { in: "bytes", value: reader.raw() };
  }
  reader.skip();
}

function propertiesOf(reader: WireReader): ReadonlyMap<string, Property> {
  const keys: string[] = [];
  const values: Property[] = [];
  while (reader.next()) {
    if (reader.field === 1) keys.push(reader.text(NAME_BYTES_MOST, "the name of a property"));
    else if (reader.field === 2) values.push(propertyOf(reader.message()));
    else reader.skip();
    if (keys.length > PROPERTIES_MOST || values.length > PROPERTIES_MOST) {
      throw new TooMuch(`a metric has more than ${PROPERTIES_MOST} properties`);
    }
  }
  return new Map(keys.slice(0, values.length).map((key, i) => [key, values[i]]));
}

/** Sets of properties inside of properties are passed over. */
function propertyOf(reader: WireReader): Property {
  const property: Property = { type: 0 };
  while (reader.next()) {
    if (reader.field === 1) property.type = reader.uint32();
    else property.value = scalarAt(reader, 3) ?? property.value;
  }
  return property;
}

function dataSetOf(reader: WireReader, budget: Budget): DataSet {
  const set: DataSet = { columns: [], types: [], rows: [] };
  while (reader.next()) {
    if (reader.field === 2) set.columns.push(reader.text(NAME_BYTES_MOST, "the name of a column"));
    else if (reader.field === 3) typesOf(reader, set.types);
    else if (reader.field === 4) set.rows.push(rowOf(reader.message(), budget));
    else reader.skip();
    if (set.columns.length > COLUMNS_MOST || set.types.length > COLUMNS_MOST) {
      throw new TooMuch(`a data set has more than ${COLUMNS_MOST} columns`);
    }
  }
  return set;
}

/** Types of columns: one after the other, or packed. */
function typesOf(reader: WireReader, types: number[]): void {
  if (reader.wire !== BYTES) {
    types.push(reader.uint32());
    return;
  }
  for (const type of reader.raw()) {
    // All types have one byte.
    if (type >= 0x80) throw new WireFault("a column has no type that can be");
    types.push(type);
  }
}

function rowOf(reader: WireReader, budget: Budget): (Raw | undefined)[] {
  const row: (Raw | undefined)[] = [];
  // A row without cells counts too.
  budget.cells--;
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    if (--budget.cells < 0) throw new TooMuch(`it has more than ${VALUES_MOST} cells of data sets`);
    const cell = reader.message();
    let value: Raw | undefined;
    while (cell.next()) value = scalarAt(cell, 1) ?? value;
    row.push(value);
  }
  if (budget.cells < 0) throw new TooMuch(`it has more than ${VALUES_MOST} cells of data sets`);
  return row;
}

function templateOf(reader: WireReader, budget: Budget, depth: number): Template {
  if (depth > DEPTH_MOST) throw new TooMuch(`templates are nested more than ${DEPTH_MOST} deep`);
  const template: Template = { definition: false, metrics: [] };
  while (reader.next()) {
    if (reader.field === 2) template.metrics.push(metricOf(reader.message(), budget, depth));
    else if (reader.field === 5) template.definition = reader.bool();
    else reader.skip();
  }
  return template;
}
