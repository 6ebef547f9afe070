/**
 * The process's own TCP connections, through libc: Deno has no list of them. One `poll` shows which file
 * descriptors are open, `getsockname` and `getpeername` what they are. `shutdown` ends a connection as its
 * peer would; the server that owns it then closes it.
 */

/** An accepted connection. */
export interface OpenConnection {
  fd: number;
  /** The peer's address for counting: IPv4, or the /64 of IPv6, in hex. */
  address: string;
  /** The peer's port. */
  port: number;
  loopback: boolean;
}

export interface Sockets {
  /** Connections accepted on a local port; null where that is not known. */
  connectionsOf(localPort: number): OpenConnection[] | null;
  /** Sockets that listen on a local port; null where that is not known. */
  listenersOf(localPort: number): number[] | null;
  /**
   * Of several sockets that listen on one port, that with this number (in the order in which they began) takes every
   * new connection. `fd`: any of them. False: the kernel does not.
   */
  prefer(fd: number, number: number): boolean;
  /** Ends both directions; a socket that listens takes no more connections. */
  end(fd: number): void;
}

const MOST_FDS = 8_192;
const FIRST_FDS = 1_024;
const POLLNVAL = 0x20;
const POLLFD_BYTES = 8;
const SHUT_RDWR = 2;
const RLIMIT_NOFILE = 7;
const SOL_SOCKET = 1, SO_ACCEPTCONN = 30, SO_ATTACH_REUSEPORT_CBPF = 51;
const BPF_RETURN = 0x06;
const AF_INET = 2, AF_INET6 = 10;

/** Opens libc once. Needs `--allow-ffi`; without it, or elsewhere than on Linux with glibc, nothing is known. */
export function createSockets(): Sockets {
  const libc = openLibc();
  if (libc === null) {
    return {
      connectionsOf: () => null,
      listenersOf: () => null,
      prefer: () => false,
      end: () => {},
    };
  }
  const { poll, getsockname, getpeername, getsockopt, setsockopt, shutdown, getrlimit } =
    libc.symbols;
  const list = pollList();
  const address = new Uint8Array(128);
  const length = new Uint32Array(1);
  const answers = new Uint16Array(list.buffer);
  // A list longer than the limit of open files is refused (EINVAL).
  const most = Math.min(MOST_FDS, limitOf(getrlimit));
  // Descriptors are given out from the lowest on, so a longer list is asked for only when this one fills.
  let size = Math.min(FIRST_FDS, most);

  function openFds(): number[] {
    for (;;) {
      if (poll(list, BigInt(size), 0) < 0) return [];
      const open: number[] = [];
      for (let fd = 3; fd < size; fd++) {
        if ((answers[fd * 4 + 3] & POLLNVAL) === 0) open.push(fd);
      }
      const isFull = (open.at(-1) ?? 0) >= size * 3 / 4;
      if (!isFull || size === most) return open;
      size = Math.min(size * 2, most);
    }
  }

  function nameOf(read: typeof getsockname, fd: number): Name | null {
    length[0] = address.length;
    return read(fd, address, length) === 0 ? nameIn(address) : null;
  }

  return {
    connectionsOf(localPort) {
      const found: OpenConnection[] = [];
      for (const fd of openFds()) {
        if (nameOf(getsockname, fd)?.port !== localPort) continue;
        const peer = nameOf(getpeername, fd);
        if (peer !== null) found.push({ fd, ...peer });
      }
      return found;
    },
    listenersOf(localPort) {
      const listens = new Int32Array(1);
      const size = new Uint32Array([listens.byteLength]);
      return openFds().filter((fd) =>
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, listens, size) === 0 && listens[0] === 1 &&
        nameOf(getsockname, fd)?.port === localPort
      );
    },
    prefer(fd, number) {
      const filter = alwaysAnswer(number);
      const program = new BigUint64Array([1n, addressOf(filter)]);
      return setsockopt(
        fd,
        SOL_SOCKET,
        SO_ATTACH_REUSEPORT_CBPF,
        program,
        BigInt(program.byteLength),
      ) === 0;
    },
    end: (fd) => void shutdown(fd, SHUT_RDWR),
  };
}

/** A `struct sock_filter` that returns a number, whatever comes. */
function alwaysAnswer(number: number): Uint8Array<ArrayBuffer> {
  const filter = new Uint8Array(8);
  const view = new DataView(filter.buffer);
  view.setUint16(0, BPF_RETURN, true);
  view.setUint32(4, number, true);
  return filter;
}

function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}

/** How many files and sockets this process may have open; Infinity where that is not known. */
export function descriptorLimit(): number {
  const libc = openLibc();
  return libc === null ? Infinity : limitOf(libc.symbols.getrlimit);
}

function limitOf(getrlimit: (resource: number, into: BufferSource) => number): number {
  const limits = new BigUint64Array(2);
  return getrlimit(RLIMIT_NOFILE, limits) === 0 ? Number(limits[0]) : Infinity;
}

type Name = Omit<OpenConnection, "fd">;

/** Reads a sockaddr_in or sockaddr_in6; null for others. */
function nameIn(bytes: Uint8Array): Name | null {
  const family = bytes[0] | (bytes[1] << 8);
  const port = (bytes[2] << 8) | bytes[3];
  if (family === AF_INET) return { port, ...v4(bytes.slice(4, 8)) };
  if (family !== AF_INET6) return null;
  const ip = bytes.slice(8, 24);
  const isMapped = ip.subarray(0, 10).every((byte) => byte === 0) && ip[10] === 0xff &&
    ip[11] === 0xff;
  if (isMapped) return { port, ...v4(ip.slice(12)) };
  const loopback = ip.subarray(0, 15).every((byte) => byte === 0) && ip[15] === 1;
  return { port, address: ip.slice(0, 8).toHex(), loopback };
}

const v4 = (ip: Uint8Array) => ({ address: ip.toHex(), loopback: ip[0] === 127 });

/** An array of `struct pollfd` that asks for no event: only whether each descriptor is open. */
function pollList(): Int32Array<ArrayBuffer> {
  const list = new Int32Array(MOST_FDS * POLLFD_BYTES / 4);
  for (let fd = 0; fd < MOST_FDS; fd++) list[fd * 2] = fd;
  return list;
}

function openLibc() {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", {
      poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
      getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
      getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
      getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
      getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
      setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u64"], result: "i32" },
      shutdown: { parameters: ["i32", "i32"], result: "i32" },
    });
  } catch {
    return null;
  }
}
