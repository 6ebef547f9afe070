/** Payloads that an edge node sends (specification 3.0, 6.4). Pure. */
import type { SensorKind } from "../../../readings/reading.ts";
import { REBIRTH } from "../encode.ts";
import { TYPE } from "../types.ts";
import { WireWriter } from "../wire.ts";

/** A metric with the value that it has. */
export interface SentMetric {
  /** Only in births: data are by alias alone. */
  name?: string;
  alias: number;
  kind: SensorKind;
  /** Only in births. */
  unit?: string | null;
  tMs: number;
  /** Null: there is none yet. */
  value: number | string | null;
  /** It was so once; the present value is another. */
  historical?: boolean;
}

const TYPES: Readonly<Record<SensorKind, number>> = {
  ...{ number: TYPE.double, binary: TYPE.boolean, text: TYPE.string },
};
const BD_SEQ = "bdSeq";

/** NDEATH: no seq; `bdSeq` says which birth it ends. */
export function nodeDeath(bdSeq: number, tMs: number): Uint8Array {
  return new WireWriter().uint(1, tMs).bytes(2, bdSeqMetric(bdSeq, tMs)).done();
}

/** NBIRTH, with the command by which everybody may ask for another. */
export function nodeBirth(bdSeq: number, tMs: number): Uint8Array {
  const rebirth = new WireWriter().text(1, REBIRTH).uint(3, tMs).uint(4, TYPE.boolean)
    .bool(14, false).done();
  return new WireWriter().uint(1, tMs).bytes(2, bdSeqMetric(bdSeq, tMs)).bytes(2, rebirth)
    .uint(3, 0).done();
}

/** DBIRTH and DDATA; DDEATH is one without metrics. */
export function devicePayload(seq: number, tMs: number, metrics: readonly SentMetric[]) {
  const payload = new WireWriter().uint(1, tMs);
  for (const metric of metrics) payload.bytes(2, metricOf(metric));
  return payload.uint(3, seq).done();
}

function bdSeqMetric(bdSeq: number, tMs: number): Uint8Array {
  return new WireWriter().text(1, BD_SEQ).uint(3, tMs).uint(4, TYPE.int64).uint(11, bdSeq).done();
}

function metricOf({ name, alias, kind, unit, tMs, value, historical }: SentMetric): Uint8Array {
  const metric = new WireWriter();
  if (name !== undefined) metric.text(1, name);
  metric.uint(2, alias).uint(3, Math.round(tMs));
  if (name !== undefined) metric.uint(4, TYPES[kind]);
  if (historical) metric.bool(5, true);
  if (value === null) metric.bool(7, true);
  if (unit) metric.bytes(9, unitProperty(unit));
  if (value === null) return metric.done();
  if (kind === "text") return metric.text(15, String(value)).done();
  if (kind === "binary") return metric.bool(14, Number(value) !== 0).done();
  return metric.double(13, Number(value)).done();
}

/** A set of properties: its keys, then its values. */
function unitProperty(unit: string): Uint8Array {
  const value = new WireWriter().uint(1, TYPE.string).text(8, unit).done();
  return new WireWriter().text(1, "engUnit").bytes(2, value).done();
}
