/**
 * T2: in which order bytes reach the disk and acknowledgements reach the wire, from one strace. Each message
 * carries a value of its own that only fits as a raw float64: its eight bytes are found again in the writes
 * to the write-ahead log.
 */
import { Buffer } from "node:buffer";
import mqttPacket from "mqtt-packet";
import type { Syscall } from "../support/syscalls.ts";

/** A message on its way through the process. Times in seconds; undefined: not seen. */
export interface Journey {
  value: number;
  via: "mqtt" | "http";
  /** End of the write that put it into the write-ahead log. */
  writtenS?: number;
  /** End of the first fsync of that log that began after the write. */
  syncedS?: number;
  /** Begin of the write that sends the PUBACK or the 2xx. */
  acknowledgedS?: number;
}

export interface Ports {
  broker: number;
  http: number;
}

/** Follows every value through the calls. */
export function followJourneys(
  calls: readonly Syscall[],
  sent: ReadonlyMap<number, "mqtt" | "http">,
  ports: Ports,
): Journey[] {
  const journeys = new Map<number, Journey>();
  for (const [value, via] of sent) journeys.set(value, { value, via });
  findOnDisk(calls, journeys);
  findMqttAcks(calls.filter((call) => call.target.includes(`:${ports.broker}]`)), journeys);
  findHttpAcks(calls.filter((call) => call.target.includes(`:${ports.http}->`)), journeys);
  return [...journeys.values()];
}

/** Journeys whose acknowledgement went out before the fsync of their row had ended. */
export function tooEarly(journeys: readonly Journey[]): Journey[] {
  return journeys.filter(({ acknowledgedS, syncedS, writtenS }) =>
    acknowledgedS !== undefined && writtenS !== undefined &&
    (syncedS === undefined || acknowledgedS < syncedS)
  );
}

function findOnDisk(calls: readonly Syscall[], journeys: ReadonlyMap<number, Journey>): void {
  const wal = calls.filter((call) => call.target.endsWith("-wal"));
  const syncs = wal.filter((call) => call.name === "fsync" || call.name === "fdatasync");
  const wanted = new Map<string, Journey>();
  for (const [value, journey] of journeys) wanted.set(keyOf(value), journey);
  for (const call of wal) {
    const { bytes } = call;
    for (let at = 0; at + 8 <= bytes.length; at++) {
      const journey = wanted.get(String.fromCharCode(...bytes.subarray(at, at + 8)));
      if (journey === undefined || journey.writtenS !== undefined) continue;
      journey.writtenS = call.endS;
      journey.syncedS = syncs.find((sync) => sync.startS >= call.endS)?.endS;
    }
  }
}

function keyOf(value: number): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return String.fromCharCode(...bytes);
}

const isRead = (call: Syscall) => /^(read|recv)/.test(call.name);

function findMqttAcks(calls: readonly Syscall[], journeys: ReadonlyMap<number, Journey>): void {
  const open = new Map<number, Journey>();
  let nowS = 0;
  const inbound = mqttPacket.parser({ protocolVersion: 5 });
  const outbound = mqttPacket.parser({ protocolVersion: 5 });
  inbound.on("packet", (packet) => {
    if (packet.cmd !== "publish" || packet.qos !== 1) return;
    const value = JSON.parse(packet.payload.toString()).value;
    const journey = journeys.get(value);
    if (journey !== undefined) open.set(packet.messageId!, journey);
  });
  outbound.on("packet", (packet) => {
    if (packet.cmd !== "puback") return;
    const journey = open.get(packet.messageId!);
    if (journey !== undefined) journey.acknowledgedS ??= nowS;
    open.delete(packet.messageId!);
  });
  for (const call of calls) {
    nowS = call.startS;
    (isRead(call) ? inbound : outbound).parse(Buffer.from(call.bytes));
  }
}

function findHttpAcks(calls: readonly Syscall[], journeys: ReadonlyMap<number, Journey>): void {
  const heard = new Map<string, string>();
  for (const call of calls) {
    const text = new TextDecoder().decode(call.bytes);
    if (isRead(call)) {
      heard.set(call.target, (heard.get(call.target) ?? "") + text);
    } else if (/^HTTP\/1\.1 2/.test(text)) {
      const value = /"value":([-\d.e]+)/.exec(heard.get(call.target) ?? "")?.[1];
      const journey = value === undefined ? undefined : journeys.get(Number(value));
      if (journey !== undefined) journey.acknowledgedS ??= call.startS;
      heard.delete(call.target);
    }
  }
}
