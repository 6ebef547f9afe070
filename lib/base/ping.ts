/**
 * ICMP echoes through libc: a datagram socket of ICMP, which needs no privilege where the host allows it
 * (`net.ipv4.ping_group_range`, icmp(7)). The socket never blocks; what waits is poll(2) on a thread of its own, in
 * short slices. Needs `--allow-ffi`; elsewhere than on Linux with glibc there is none.
 */
import { isIP } from "node:net";
import { createPlaces } from "./places.ts";

/** Sends an echo to an address. */
export interface Pinger {
  /** Whether this host lets Perch send any. */
  isPossible(): boolean;
  /** Milliseconds until the answer; null: none came in time. @throws Error when it could not be sent */
  ping(address: string, timeoutMs: number, signal: AbortSignal): Promise<number | null>;
}

const [AF_INET, AF_INET6, SOCK_DGRAM] = [2, 10, 2];
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const [ICMP, ICMPV6] = [1, 58];
const [ECHO, ECHO_REPLY, ECHO6, ECHO_REPLY6] = [8, 0, 128, 129];
const POLLIN = 1;
const HEAD_BYTES = 8;
const ID_BYTES = 16;
const SLICE_MS = 250;
/** Each occupies a thread while it waits. */
const AT_ONCE = 4;

/** Nothing is opened before the first question. */
export function createPinger(): Pinger {
  let libc: ReturnType<typeof openLibc> | undefined;
  const inTurn = createPlaces(AT_ONCE);

  function socketOf(isSix: boolean): number {
    libc ??= openLibc();
    if (libc === null) return -1;
    const [family, protocol] = isSix ? [AF_INET6, ICMPV6] : [AF_INET, ICMP];
    return libc.symbols.socket(family, SOCK_DGRAM | NONBLOCK_CLOEXEC, protocol);
  }

  async function echo(address: string, timeoutMs: number, signal: AbortSignal) {
    const isSix = isIP(address) === 6;
    const fd = socketOf(isSix);
    if (fd < 0) throw new Error(NOT_POSSIBLE);
    try {
      const { symbols } = libc!;
      const id = crypto.getRandomValues(new Uint8Array(ID_BYTES));
      const packet = echoOf(id, isSix);
      const to = socketAddress(address);
      const begunMs = performance.now();
      const sent = symbols.sendto(fd, packet, BigInt(packet.length), 0, to, to.length);
      if (Number(sent) < 0) throw new Error(`there is no way to ${address}`);
      const waits = pollFor(fd);
      const got = new Uint8Array(HEAD_BYTES + ID_BYTES);
      for (;;) {
        signal.throwIfAborted();
        const leftMs = Math.ceil(begunMs + timeoutMs - performance.now());
        if (leftMs <= 0) return null;
        const ready = await symbols.poll(waits, 1n, Math.min(SLICE_MS, leftMs));
        const tookMs = performance.now() - begunMs;
        if (ready <= 0) continue;
        const length = symbols.recv(fd, got, BigInt(got.length), 0);
        if (Number(length) === got.length && isAnswer(got, id, isSix)) return tookMs;
      }
    } finally {
      libc!.symbols.close(fd);
    }
  }

  return {
    isPossible() {
      const fd = socketOf(false);
      if (fd >= 0) libc!.symbols.close(fd);
      return fd >= 0;
    },
    ping: (address, timeoutMs, signal) => inTurn(() => echo(address, timeoutMs, signal)),
  };
}

export const NOT_POSSIBLE =
  "this host does not let Perch send pings (net.ipv4.ping_group_range); ask a TCP port instead";

/** An echo request that carries `id`; the kernel sets its identifier, and the checksum of IPv6. */
export function echoOf(id: Uint8Array, isSix: boolean): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(HEAD_BYTES + id.length);
  packet[0] = isSix ? ECHO6 : ECHO;
  packet.set(id, HEAD_BYTES);
  new DataView(packet.buffer).setUint16(2, checksumOf(packet));
  return packet;
}

/** The internet checksum (RFC 1071) of an even number of bytes. */
export function checksumOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function isAnswer(got: Uint8Array, id: Uint8Array, isSix: boolean): boolean {
  return got[0] === (isSix ? ECHO_REPLY6 : ECHO_REPLY) &&
    id.every((byte, i) => got[HEAD_BYTES + i] === byte);
}

/** `struct sockaddr_in` or `sockaddr_in6`, in the byte order of little-endian hosts. */
export function socketAddress(address: string): Uint8Array<ArrayBuffer> {
  if (isIP(address) === 4) {
    return Uint8Array.from([
      AF_INET,
      0,
      0,
      0,
      ...address.split(".").map(Number),
      ...new Array(8).fill(0),
    ]);
  }
  const [left, right = ""] = address.split("::");
  const words = (text: string) =>
    text === "" ? [] : text.split(":").map((word) => parseInt(word, 16));
  const [head, tail] = [words(left), words(right)];
  const all = [...head, ...new Array(8 - head.length - tail.length).fill(0), ...tail];
  const bytes = all.flatMap((word) => [word >> 8, word & 255]);
  return Uint8Array.from([AF_INET6, 0, 0, 0, 0, 0, 0, 0, ...bytes, 0, 0, 0, 0]);
}

/** `struct pollfd`. */
function pollFor(fd: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, fd, true);
  view.setInt16(4, POLLIN, true);
  return bytes;
}

function openLibc() {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", {
      socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
      sendto: {
        parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
        result: "isize",
      },
      recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
      poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
      close: { parameters: ["i32"], result: "i32" },
    });
  } catch {
    return null;
  }
}
