import type { SqlStatement } from "../db/client.ts";
import type { RpcClient, RpcHandlers } from "../db/rpc.ts";
import type { PacketMark, ReadingGroup } from "./reading.ts";
import type { ReadingsStore } from "./store.ts";

/** A group on its way to the worker: all columns in one buffer, which is transferred. */
interface PackedGroup {
  n: number;
  hasSeq: boolean;
  buffer: ArrayBuffer;
  /** Marks as numbers: thousands of small objects would cost more to clone than everything else. */
  sessions: string[];
  marks: Uint16Array<ArrayBuffer>;
}

/** Numbers of one mark: index of its session, packet id, hash. */
const MARK_NUMBERS = 3;

/** The readings store over messages. The caller's columns are copied once and stay its own. */
export function createReadingsClient(rpc: RpcClient): ReadingsStore {
  return {
    append(group, extra) {
      const packed = pack(group);
      return rpc.call("append", [packed, extra], [packed.buffer, packed.marks.buffer]);
    },
    lastValues: (notAfterMs) => rpc.call("lastValues", [notAfterMs]),
    recentPackets: () => rpc.call("recentPackets", []),
    raw: (query) => rpc.call("raw", [query]),
    buckets: (query) => rpc.call("buckets", [query]),
    retain: (options) => rpc.call("retain", [options]),
    forget: (sensor) => rpc.call("forget", [sensor]),
    replace: (replacement, extra) => rpc.call("replace", [replacement, extra]),
    restamp: (restamping, extra) => rpc.call("restamp", [restamping, extra]),
    compact: () => rpc.call("compact", []),
    gather: () => rpc.call("gather", []),
    importReadings(block, dryRun) {
      const { sensor, n, tMs, value } = block;
      const buffers = [sensor, n, tMs, value].map(({ buffer }) => buffer as ArrayBuffer);
      return rpc.call("importReadings", [block, dryRun], buffers);
    },
    importHours: (hours, dryRun) => rpc.call("importHours", [hours, dryRun]),
    importState: (name) => rpc.call("importState", [name]),
    forgetImport: (name) => rpc.call("forgetImport", [name]),
    indexHours: () => rpc.call("indexHours", []),
    journalAfter: (query) => rpc.call("journalAfter", [query]),
    cursor: (name) => rpc.call("cursor", [name]),
    moveCursor: (name, groupId, extra) => rpc.call("moveCursor", [name, groupId, extra]),
    dropCursor: (name, extra) => rpc.call("dropCursor", [name, extra]),
    setAside: (name, maxBytes) => rpc.call("setAside", [name, maxBytes]),
    check: (pass) => rpc.call("check", [pass]),
    damage: () => rpc.call("damage", []),
    acknowledgeDamage: (foundUntilMs, extra) =>
      rpc.call("acknowledgeDamage", [foundUntilMs, extra]),
    stats: () => rpc.call("stats", []),
    waiting: (query) => rpc.call("waiting", [query]),
    sealed: (range) => rpc.call("sealed", [range]),
    unsent: (query) => rpc.call("unsent", [query]),
    reach: (range) => rpc.call("reach", [range]),
  };
}

/** The worker's side of `createReadingsClient`. */
export function readingsHandlers(store: ReadingsStore): RpcHandlers {
  return {
    append: (packed: PackedGroup, extra: SqlStatement[]) => store.append(unpack(packed), extra),
    lastValues: (notAfterMs?: number) => store.lastValues(notAfterMs),
    recentPackets: () => store.recentPackets(),
    raw: store.raw,
    buckets: store.buckets,
    retain: store.retain,
    forget: store.forget,
    replace: store.replace,
    restamp: store.restamp,
    compact: () => store.compact(),
    gather: () => store.gather(),
    importReadings: store.importReadings,
    importHours: store.importHours,
    importState: store.importState,
    forgetImport: store.forgetImport,
    indexHours: () => store.indexHours(),
    journalAfter: store.journalAfter,
    cursor: store.cursor,
    moveCursor: store.moveCursor,
    dropCursor: store.dropCursor,
    setAside: store.setAside,
    check: store.check,
    damage: () => store.damage(),
    acknowledgeDamage: store.acknowledgeDamage,
    stats: () => store.stats(),
    waiting: store.waiting,
    sealed: store.sealed,
    unsent: store.unsent,
    reach: store.reach,
  };
}

const READING_BYTES = 8 + 8 + 4 + 1;
const SEQ_BYTES = 8;

function pack({ n, sensor, tMs, value, flags, seq, packets }: ReadingGroup): PackedGroup {
  const buffer = new ArrayBuffer(n * (READING_BYTES + (seq ? SEQ_BYTES : 0)));
  const into = columnsOf(buffer, n, seq !== null);
  into.tMs.set(tMs.subarray(0, n));
  into.value.set(value.subarray(0, n));
  into.seq?.set(seq!.subarray(0, n));
  into.sensor.set(sensor.subarray(0, n));
  into.flags.set(flags.subarray(0, n));
  return { n, hasSeq: seq !== null, buffer, ...packMarks(packets) };
}

function unpack({ n, hasSeq, buffer, sessions, marks }: PackedGroup): ReadingGroup {
  const packets = new Array<PacketMark>(marks.length / MARK_NUMBERS);
  for (let i = 0, at = 0; i < packets.length; i++, at += MARK_NUMBERS) {
    const session = sessions[marks[at]];
    packets[i] = { session, packetId: marks[at + 1], hash: marks[at + 2] };
  }
  return { n, ...columnsOf(buffer, n, hasSeq), packets };
}

function packMarks(packets: readonly PacketMark[]): Pick<PackedGroup, "sessions" | "marks"> {
  const sessions: string[] = [];
  const indexes = new Map<string, number>();
  const marks = new Uint16Array(packets.length * MARK_NUMBERS);
  let at = 0;
  for (const { session, packetId, hash } of packets) {
    let index = indexes.get(session);
    if (index === undefined) indexes.set(session, index = sessions.push(session) - 1);
    marks[at++] = index;
    marks[at++] = packetId;
    marks[at++] = hash;
  }
  return { sessions, marks };
}

/** The columns inside the buffer, widest first so that each is aligned. */
function columnsOf(buffer: ArrayBuffer, n: number, hasSeq: boolean) {
  const seqBytes = hasSeq ? n * SEQ_BYTES : 0;
  return {
    tMs: new Float64Array(buffer, 0, n),
    value: new Float64Array(buffer, n * 8, n),
    seq: hasSeq ? new Float64Array(buffer, n * 16, n) : null,
    sensor: new Uint32Array(buffer, n * 16 + seqBytes, n),
    flags: new Uint8Array(buffer, n * 20 + seqBytes, n),
  };
}
