/**
 * Datagrams to a service manager, as `sd_notify(3)` sends them, through libc: Deno sends none to a Unix socket
 * without an unstable flag. Each opens a socket and closes it, so that a process that has no file descriptors left
 * is not heard. Nothing waits: a full queue loses the datagram. Constants of Linux on x86-64 and ARM64.
 */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC_NONBLOCK = 2 | 0o2000000 | 0o4000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
/** Of `sun_path`, with its final NUL. */
const PATH_BYTES = 108;

export interface ServiceSocket {
  /** Lines like `READY=1`. False: not sent. */
  send(...lines: string[]): boolean;
}

/** @param path of `NOTIFY_SOCKET`; one that begins with `@` is an abstract name. Null: no such socket is possible */
export function openServiceSocket(path: string): ServiceSocket | null {
  const name = new TextEncoder().encode(path);
  const libc = openLibc();
  if (libc === null || !/^[/@]/.test(path) || name.length >= PATH_BYTES) return null;
  const isAbstract = path.startsWith("@");
  if (isAbstract) name[0] = 0;
  // struct sockaddr_un: the family, then the path; a path of the file system ends with a NUL.
  const address = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  address[0] = AF_UNIX;
  address.set(name, 2);
  const { socket, sendto, close } = libc.symbols;
  return {
    send(...lines) {
      const fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC_NONBLOCK, 0);
      if (fd < 0) return false;
      const data = new TextEncoder().encode(lines.join("\n"));
      const sent = sendto(
        fd,
        data,
        BigInt(data.length),
        MSG_DONTWAIT_NOSIGNAL,
        address,
        address.length,
      );
      close(fd);
      return sent >= 0n;
    },
  };
}

function openLibc() {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", {
      socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
      sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
      close: { parameters: ["i32"], result: "i32" },
    });
  } catch {
    return null;
  }
}
