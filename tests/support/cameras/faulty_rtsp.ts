/** Stands before a real RTSP server and does what cameras do wrong on the way. */
import { challengeOf, type Door, newDoor } from "./asking.ts";
import { type Listener, readHead, send, startListener, untilLeft } from "./listener.ts";

export type RtspFault =
  | "none"
  /** Takes the connection and never answers. */
  | "mute"
  /** Passes nothing on any more; both connections stay. */
  | "half_open"
  /** Leaves in the middle of a packet. */
  | "cut"
  /** 302 to `location`. */
  | "redirect"
  /** 404 */
  | "no_stream"
  /** Speaks HTTP. */
  | "page"
  /** `floodBytes` that are no RTSP. */
  | "flood"
  /** Addresses in what it describes are those of another host. */
  | "elsewhere";

export interface FaultyRtsp extends Listener {
  /** Holds at once, for open connections too. */
  fault: RtspFault;
  /** Asked before the real server sees the request. */
  door: Door;
  location: string;
  floodBytes: number;
  readonly url: string;
  /** What clients sent, the last 100 reads. */
  readonly requests: string[];
}

const ELSEWHERE = "rtsp://169.254.169.254:554";

/** `server`: the real one, which may be stopped and started meanwhile. */
export function startFaultyRtsp(
  server: { port: number; url: string },
  door: Partial<Door> = {},
): FaultyRtsp {
  const requests: string[] = [];
  const listener = startListener(serve);
  const camera: FaultyRtsp = {
    ...listener,
    fault: "none",
    door: newDoor(door),
    location: "rtsp://127.0.0.1:1/elsewhere?password=hidden",
    floodBytes: 100_000_000,
    url: server.url.replace(`:${server.port}`, `:${listener.port}`),
    requests,
  };
  return camera;

  async function serve(connection: Deno.TcpConn): Promise<void> {
    if (camera.fault === "mute") return await untilLeft(connection);
    if (camera.fault === "flood") return await flood(connection);
    const real = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    try {
      await Promise.race([ask(connection, real), answer(real, connection)]);
    } finally {
      real.close();
    }
  }

  /** Requests, one by one; what is no request is passed on as it is. */
  async function ask(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    for (;;) {
      const head = await readHead(from);
      if (head === null) return;
      requests.push(head);
      if (requests.length > 100) requests.shift();
      if (camera.fault === "half_open") continue;
      const own = ownAnswer(head);
      if (own !== null) await send(from, own);
      else await send(to, Uint8Array.from(head, (letter) => letter.charCodeAt(0)));
    }
  }

  function ownAnswer(head: string): string | null {
    const method = /^([A-Z_]+) rtsp/.exec(head)?.[1];
    if (method === undefined) return null;
    const cseq = /^cseq: *(\d+)/im.exec(head)?.[1] ?? "0";
    const say = (status: string, more = "") => `RTSP/1.0 ${status}\r\nCSeq: ${cseq}\r\n${more}\r\n`;
    if (camera.fault === "page") return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    if (camera.fault === "redirect") return say("302 Moved", `Location: ${camera.location}\r\n`);
    if (camera.fault === "no_stream") return say("404 Not Found");
    const challenge = method === "OPTIONS" ? null : challengeOf(camera.door, method, head);
    return challenge && say("401 Unauthorized", `WWW-Authenticate: ${challenge}\r\n`);
  }

  async function answer(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(16_384);
    for (;;) {
      const n = await from.read(buffer);
      if (n === null) return;
      if (camera.fault === "half_open") continue;
      const part = buffer.subarray(0, n);
      // Only what carries pictures is cut: 36 is the `$` of interleaved packets.
      if (camera.fault === "cut" && part[0] === 36) return await send(to, part.subarray(0, n / 2));
      await send(to, camera.fault === "elsewhere" ? moved(part) : part);
    }
  }

  function moved(part: Uint8Array): Uint8Array {
    const text = new TextDecoder("latin1").decode(part);
    if (!text.startsWith("RTSP/1.0") || !text.includes("application/sdp")) return part;
    const [head, body] = text.split("\r\n\r\n");
    const sdp = body.replace(/a=control:(?=stream)/g, `a=control:${ELSEWHERE}/live/`);
    const changed = head.replace(/content-length: *\d+/i, `Content-Length: ${sdp.length}`)
      .replace(/(content-base: *)rtsp:\/\/[^/]*/i, `$1${ELSEWHERE}`);
    return new TextEncoder().encode(`${changed}\r\n\r\n${sdp}`);
  }

  async function flood(connection: Deno.TcpConn): Promise<void> {
    const part = new Uint8Array(65_536).fill(0x2e);
    for (let sent = 0; sent < camera.floodBytes; sent += part.length) await send(connection, part);
  }
}
