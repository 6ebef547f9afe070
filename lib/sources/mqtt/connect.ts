import "../../base/denied_env.ts";
import { Buffer } from "node:buffer";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { connLink, type Link } from "../framing/link.ts";
import { pausingLink } from "../framing/pausing_link.ts";
import type { Dial, DialTarget } from "./target.ts";

/* The only file of this room that opens outgoing connections. */

const SOCKET_FRAME_BYTES_MOST = 16 * 1024 * 1024;

/** Opens TCP, TLS, WebSocket and secure WebSocket connections. */
export const dial: Dial = async (target, signal) => {
  signal.throwIfAborted();
  if (target.scheme === "ws" || target.scheme === "wss") return await dialWebSocket(target, signal);
  const opening: Promise<Deno.Conn> = target.scheme === "mqtts"
    ? openTls(target)
    : Deno.connect({ hostname: target.host, port: target.port });
  const conn = await orAbort(opening, signal, (late) => late.close());
  if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
  return connLink(conn);
};

async function openTls({ host, port, ca, cert, key }: DialTarget): Promise<Deno.TlsConn> {
  const options = { hostname: host, port, caCerts: ca === undefined ? [] : [ca] };
  const conn = await Deno.connectTls(
    cert !== undefined && key !== undefined ? { ...options, cert, key } : options,
  );
  try {
    await conn.handshake();
    return conn;
  } catch (error) {
    conn.close();
    throw error;
  }
}

/** Resolves like `opening`; when the signal is first, what opens later is closed. */
function orAbort<T>(opening: Promise<T>, signal: AbortSignal, close: (late: T) => void) {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason);
      opening.then(close, () => {});
    };
    signal.addEventListener("abort", onAbort, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

async function dialWebSocket(target: DialTarget, signal: AbortSignal): Promise<Link> {
  const { scheme, host, port, path, ca, cert, key } = target;
  const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const socket = new WebSocket(`${scheme}://${authority}${path}`, ["mqtt"], {
    perMessageDeflate: false,
    maxPayload: SOCKET_FRAME_BYTES_MOST,
    ca,
    cert,
    key,
  });
  const link = webSocketLink(socket);
  const opening = new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  try {
    await orAbort(opening, signal, () => {});
    return link;
  } catch (error) {
    link.close();
    throw error;
  }
}

/** Frames wait here only until they are read: the socket is paused while there are any. */
function webSocketLink(socket: WebSocket): Link {
  const { link, came, ended } = pausingLink({
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, (error) => error ? reject(error) : resolve());
      }),
    close: () => socket.terminate(),
  });
  socket.on(
    "message",
    (data) => came(Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)),
  );
  socket.on("close", () => ended(true));
  socket.on("error", ended);
  return link;
}
