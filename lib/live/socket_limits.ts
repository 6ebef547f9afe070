/**
 * DESIGN. A reader that stops reading is invisible to the program for a long time: the kernel accepts
 * up to 4 MB per connection before it pushes back, and once the HTTP server itself waits for the
 * socket, ending the response no longer closes the connection. Two socket options let the kernel do
 * both jobs, and Deno has no API for them, so they are set through libc on the one connection that
 * carries a stream:
 *
 * - `SO_SNDBUF` bounds what the kernel holds for it (Linux counts twice the number given);
 * - `TCP_USER_TIMEOUT` (RFC 5482, tcp(7)) resets it when sent data stays unacknowledged, or the
 *   window stays closed, for that long.
 *
 * Elsewhere than on Linux with glibc nothing is set; streams are then bounded by their own queues.
 */

export interface SocketLimits {
  sendBufferBytes: number;
  /** Unacknowledged for this long: the kernel resets the connection. */
  stallMs: number;
}

export interface Peer {
  hostname: string;
  port: number;
}

/** Sets the limits on the accepted connection of `peer`. False where that is not possible. */
export type LimitSocket = (peer: Peer, limits: SocketLimits) => boolean;

const SOL_SOCKET = 1, SO_SNDBUF = 7, IPPROTO_TCP = 6, TCP_USER_TIMEOUT = 18;
const MOST_FDS = 8192;

/** Opens libc once. Needs `--allow-ffi`; without it, or without glibc, the function answers false. */
export function createSocketLimiter(): LimitSocket {
  const libc = openLibc();
  if (libc === null) return () => false;
  const { getpeername, setsockopt } = libc.symbols;
  const address = new Uint8Array(128);
  const length = new Uint32Array(1);

  function findFd(peer: Peer): number {
    const ip = peer.hostname.split(".").map(Number);
    for (let fd = 3; fd < MOST_FDS; fd++) {
      length[0] = address.length;
      if (getpeername(fd, address, length) !== 0) continue;
      if (((address[2] << 8) | address[3]) !== peer.port) continue;
      // sockaddr_in holds the address at 4, sockaddr_in6 at 8 (the last four bytes of a mapped one at 20).
      const at = length[0] <= 16 ? 4 : 20;
      if (ip.length !== 4 || ip.every((byte, i) => address[at + i] === byte)) return fd;
    }
    return -1;
  }

  return (peer, limits) => {
    const fd = findFd(peer);
    if (fd < 0) return false;
    const set = (level: number, option: number, value: number) =>
      setsockopt(fd, level, option, new Int32Array([value]), 4) === 0;
    const bounded = set(SOL_SOCKET, SO_SNDBUF, limits.sendBufferBytes);
    return set(IPPROTO_TCP, TCP_USER_TIMEOUT, limits.stallMs) && bounded;
  };
}

function openLibc() {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", {
      getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
      setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
    });
  } catch {
    return null;
  }
}
