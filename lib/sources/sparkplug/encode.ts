/** Payloads that a host sends: commands. They have no seq. */
import type { OrderValue } from "../../machines/order.ts";
import { isWhole, TYPE } from "./types.ts";
import { WireWriter } from "./wire.ts";

/** The metric by which every edge node is asked to tell everything again. */
export const REBIRTH = "Node Control/Rebirth";

/** One metric that is to be written. */
export interface Command {
  /** As in the birth; it is always by name, as the specification asks for it. */
  name: string;
  type: number;
  value: OrderValue;
}

/** The payload of NCMD or DCMD. */
export function encodeCommand(command: Command, tMs: number): Uint8Array {
  const metric = new WireWriter().text(1, command.name).uint(3, tMs).uint(4, command.type);
  return new WireWriter().uint(1, tMs).bytes(2, valueInto(metric, command).done()).done();
}

/** The payload of the NCMD that asks for a rebirth. */
export function encodeRebirth(tMs: number): Uint8Array {
  return encodeCommand({ name: REBIRTH, type: TYPE.boolean, value: true }, tMs);
}

function valueInto(metric: WireWriter, { type, value }: Command): WireWriter {
  if (type === TYPE.boolean) return metric.bool(14, value === true || value === 1);
  if (type === TYPE.float) return metric.float(12, Number(value));
  if (type === TYPE.double) return metric.double(13, Number(value));
  if (type === TYPE.int64 || type === TYPE.uint64 || type === TYPE.dateTime) {
    return metric.uint(11, BigInt(Math.round(Number(value))));
  }
  // As two's complement of 32 bits, which all readers cut to the type's width.
  if (isWhole(type)) return metric.uint(10, Math.round(Number(value)) >>> 0);
  return metric.text(15, String(value));
}
