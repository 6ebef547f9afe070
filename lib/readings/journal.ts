/**
 * DESIGN. One commit group is one self-delimiting blob, so that all blobs of a table can be read as one
 * concatenation. The readings stand as columns: neighbours in a column resemble each other, which keeps
 * most numbers at one or two bytes. Layout, byte by byte: README.md, "Journal".
 * Encoding writes only what decoding gives back bit for bit; decoding trusts nothing.
 */
import { FLAG_HAS_SEQ } from "./reading.ts";
import type { PacketMark } from "./reading.ts";
import { type ByteReader, ByteReader as Reader, type ByteWriter, FormatError } from "./bytes.ts";
import { isSigned, sign, SIGNED_FROM } from "./checksum.ts";
import { GroupColumns } from "./columns.ts";
import { MAX_EXPONENT, RAW } from "./scale.ts";

/** Of today. Version 1 has no checksum: the bytes after its version are the same. */
const VERSION = 2;
const UNSIGNED_VERSION = 1;
/** Bytes of the length in front of a group. */
const LENGTH_BYTES = 4;

/** How a column of small codes is stored. */
const CONSTANT = 0;
const NIBBLES = 1;
const BYTES = 2;

/** How the sequence numbers are stored. */
const SEQ_NONE = 0;
const SEQ_WHOLE = 1;
const SEQ_RAW = 2;
const MAX_SEQ_WHOLE = 2 ** 51;

/** Fewest bytes that one reading takes: a sensor, a time and a value. */
const LEAST_READING_BYTES = 3;
/** Fewest bytes of a packet mark: its hash. */
const LEAST_MARK_BYTES = 2;

/** Appends the blob of one group to `out`. */
export function encodeGroup(
  out: ByteWriter,
  groupId: number,
  columns: GroupColumns,
  packets: readonly PacketMark[],
): void {
  const start = out.length;
  // The length stands first; four bytes are enough for any group, and known before the rest is.
  out.u32(0);
  out.u8(VERSION);
  out.u32(0);
  out.varint(groupId);
  out.varint(columns.n);
  if (columns.n > 0) {
    // Sensor 5, time 8, codes 2, value 8, seq 8 bytes at most.
    out.reserve(columns.n * 32 + 64);
    writeSensors(out, columns);
    writeTimes(out, columns);
    writeCodes(out, columns.exponent, columns.n);
    writeCodes(out, columns.flags, columns.n);
    writeValues(out, columns);
    writeSeq(out, columns);
  }
  writePackets(out, packets);
  out.view.setUint32(start, out.length - start - LENGTH_BYTES, true);
  sign(out.bytes.subarray(start + LENGTH_BYTES, out.length), SEED);
}

/** The id of the group is signed with it: nothing else belongs to its row. */
const SEED = 0;

function writeSensors(out: ByteWriter, { n, sensor }: GroupColumns): void {
  for (let i = 0; i < n; i++) out.varint(sensor[i]);
}

function writeTimes(out: ByteWriter, { n, tMs }: GroupColumns): void {
  let before = 0;
  for (let i = 0; i < n; i++) {
    out.zigzag(tMs[i] - before);
    before = tMs[i];
  }
}

function writeCodes(out: ByteWriter, codes: Uint8Array, n: number): void {
  let all = codes[0];
  let constant = true;
  for (let i = 1; i < n; i++) {
    if (codes[i] !== codes[0]) constant = false;
    all |= codes[i];
  }
  if (constant) {
    out.u8(CONSTANT);
    out.u8(codes[0]);
  } else if (all < 16) {
    out.u8(NIBBLES);
    for (let i = 0; i < n; i += 2) out.u8(codes[i] | (i + 1 < n ? codes[i + 1] << 4 : 0));
  } else {
    out.u8(BYTES);
    out.raw(codes.subarray(0, n));
  }
}

function writeValues(out: ByteWriter, { n, exponent, mantissa }: GroupColumns): void {
  for (let i = 0; i < n; i++) {
    if (exponent[i] === RAW) out.f64(mantissa[i]);
    else out.zigzag(mantissa[i]);
  }
}

function writeSeq(out: ByteWriter, { n, flags, seq, hasSeq }: GroupColumns): void {
  if (!hasSeq) return out.u8(SEQ_NONE);
  let whole = true;
  for (let i = 0; i < n && whole; i++) {
    if (flags[i] & FLAG_HAS_SEQ) {
      const s = seq[i];
      whole = Number.isInteger(s) && Math.abs(s) <= MAX_SEQ_WHOLE && !(s === 0 && 1 / s < 0);
    }
  }
  out.u8(whole ? SEQ_WHOLE : SEQ_RAW);
  for (let i = 0; i < n; i++) {
    if (!(flags[i] & FLAG_HAS_SEQ)) continue;
    if (whole) out.zigzag(seq[i]);
    else out.f64(seq[i]);
  }
}

function writePackets(out: ByteWriter, packets: readonly PacketMark[]): void {
  out.varint(packets.length);
  if (packets.length === 0) return;
  const sessions = new Map<string, number>();
  for (const { session } of packets) {
    if (!sessions.has(session)) sessions.set(session, sessions.size);
  }
  out.varint(sessions.size);
  for (const session of sessions.keys()) out.text(session);
  // Most groups come through one session whose packet ids count up: two bytes a mark.
  const counting = sessions.size === 1 &&
    packets.every(({ packetId }, i) => packetId === packets[0].packetId + i);
  out.u8(counting ? 1 : 0);
  if (counting) out.varint(packets[0].packetId);
  let before = 0;
  for (const { session, packetId, hash } of packets) {
    if (sessions.size > 1) out.varint(sessions.get(session)!);
    if (!counting) out.zigzag(packetId - before);
    out.u16(hash);
    before = packetId;
  }
}

export interface DecodedGroup {
  groupId: number;
  /** Reused for the next group: copy what you keep. */
  columns: GroupColumns;
  packets: PacketMark[];
}

/**
 * Decodes a concatenation of group blobs and hands each to `visit`, in order. Throws `FormatError` on anything
 * that `encodeGroup` does not write, before the first group that is damaged; memory is bounded by the length of
 * the input. Groups up to `uncheckedGroup` may be of the version without checksums.
 */
export function decodeGroups(
  bytes: Uint8Array,
  visit: (group: DecodedGroup) => void,
  uncheckedGroup = Infinity,
): void {
  const reader = new Reader(bytes);
  const columns = new GroupColumns();
  while (reader.left > 0) {
    const length = reader.u32();
    reader.need(length);
    reader.end = reader.at + length;
    visit(readGroup(reader, columns, uncheckedGroup));
    reader.end = bytes.length;
  }
}

/** Reads up to the end of `reader`, which is that of the group. */
function readGroup(
  reader: ByteReader,
  columns: GroupColumns,
  uncheckedGroup: number,
): DecodedGroup {
  const blob = reader.bytes.subarray(reader.at, reader.end);
  const version = reader.u8();
  if (version === VERSION) {
    if (!isSigned(blob, SEED)) throw new FormatError("its checksum does not match");
    reader.raw(SIGNED_FROM - 1);
  } else if (version !== UNSIGNED_VERSION) {
    throw new FormatError(`journal version ${version} is not known`);
  }
  const groupId = reader.varint();
  if (version === UNSIGNED_VERSION && groupId > uncheckedGroup) {
    throw new FormatError("it has no checksum");
  }
  const n = reader.varint();
  if (n * LEAST_READING_BYTES > reader.left) throw new FormatError(`${n} readings do not fit`);
  columns.reset(n);
  columns.n = n;
  if (n > 0) readColumns(reader, columns);
  const packets = readPackets(reader);
  if (reader.left !== 0) throw new FormatError(`${reader.left} bytes too many in a group`);
  return { groupId, columns, packets };
}

function readColumns(reader: ByteReader, columns: GroupColumns): void {
  const { n, sensor, tMs } = columns;
  for (let i = 0; i < n; i++) {
    const num = reader.varint();
    if (num > 0xffffffff) throw new FormatError(`sensor ${num} is not a sensor number`);
    sensor[i] = num;
  }
  let before = 0;
  for (let i = 0; i < n; i++) {
    before += reader.zigzag();
    tMs[i] = before;
  }
  readCodes(reader, columns.exponent, n);
  readCodes(reader, columns.flags, n);
  readValues(reader, columns);
  readSeq(reader, columns);
}

function readCodes(reader: ByteReader, codes: Uint8Array, n: number): void {
  const mode = reader.u8();
  if (mode === CONSTANT) {
    codes.fill(reader.u8(), 0, n);
  } else if (mode === NIBBLES) {
    const packed = reader.raw((n + 1) >> 1);
    for (let i = 0; i < n; i++) codes[i] = (i & 1) ? packed[i >> 1] >> 4 : packed[i >> 1] & 15;
  } else if (mode === BYTES) {
    codes.set(reader.raw(n));
  } else {
    throw new FormatError(`column mode ${mode} is not known`);
  }
}

function readValues(reader: ByteReader, { n, exponent, mantissa }: GroupColumns): void {
  for (let i = 0; i < n; i++) {
    if (exponent[i] <= MAX_EXPONENT) mantissa[i] = reader.zigzag();
    else if (exponent[i] === RAW) mantissa[i] = finite(reader.f64());
    else throw new FormatError(`exponent ${exponent[i]} is not known`);
  }
}

function readSeq(reader: ByteReader, columns: GroupColumns): void {
  const { n, flags, seq } = columns;
  const mode = reader.u8();
  columns.hasSeq = mode !== SEQ_NONE;
  if (mode === SEQ_NONE) return;
  if (mode !== SEQ_WHOLE && mode !== SEQ_RAW) {
    throw new FormatError(`seq mode ${mode} is not known`);
  }
  for (let i = 0; i < n; i++) {
    if (flags[i] & FLAG_HAS_SEQ) seq[i] = mode === SEQ_WHOLE ? reader.zigzag() : reader.f64();
  }
}

function readPackets(reader: ByteReader): PacketMark[] {
  const n = reader.varint();
  if (n === 0) return [];
  const sessionCount = reader.varint();
  if (n * LEAST_MARK_BYTES > reader.left || sessionCount > n) {
    throw new FormatError(`${n} packet marks of ${sessionCount} sessions do not fit`);
  }
  const sessions = Array.from({ length: sessionCount }, () => reader.text());
  const counting = reader.u8() === 1;
  const marks: PacketMark[] = [];
  let packetId = counting ? reader.varint() - 1 : 0;
  for (let i = 0; i < n; i++) {
    const session = sessions[sessionCount > 1 ? reader.varint() : 0];
    if (session === undefined) throw new FormatError("a packet mark names no session");
    packetId += counting ? 1 : reader.zigzag();
    marks.push({ session, packetId, hash: reader.u16() });
  }
  return marks;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new FormatError(`${value} is not a reading`);
  return value;
}
