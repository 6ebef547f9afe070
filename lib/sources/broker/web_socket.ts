import type { Link } from "../framing/link.ts";

// A browser's socket cannot be made to wait, so what is not yet read is bounded by closing.
const WAITING_BYTES_MOST = 8 * 1024 * 1024;
const BUFFERED_BYTES_MOST = 4 * 1024 * 1024;
const UNSUPPORTED_DATA = 1003, TRY_AGAIN_LATER = 1013;

/** A server-side WebSocket as a link. */
export function socketLink(socket: WebSocket): Link {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let ended = false;
  let wake: (() => void) | null = null;
  let opened: () => void;
  const open = new Promise<void>((resolve) => opened = resolve);
  socket.binaryType = "arraybuffer";
  const end = (code?: number, reason?: string) => {
    ended = true;
    if (socket.readyState <= WebSocket.OPEN) socket.close(code, reason);
    opened();
    wake?.();
  };
  socket.onopen = () => opened();
  socket.onclose = socket.onerror = () => end();
  socket.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer)) {
      return end(UNSUPPORTED_DATA, "MQTT travels in binary frames");
    }
    waitingBytes += data.byteLength;
    if (waitingBytes > WAITING_BYTES_MOST) return end(TRY_AGAIN_LATER, "too much at once");
    waiting.push(new Uint8Array(data));
    wake?.();
  };
  return {
    async read() {
      while (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => wake = resolve);
        wake = null;
      }
      if (ended) return null;
      const next = waiting.shift()!;
      waitingBytes -= next.length;
      return next;
    },
    async write(bytes) {
      await open;
      if (ended) throw new Error("the WebSocket is closed");
      if (socket.bufferedAmount > BUFFERED_BYTES_MOST) throw new Error("the peer does not read");
      socket.send(bytes as Uint8Array<ArrayBuffer>);
    },
    close: () => end(),
  };
}

/**
 * Whether a page of another site is asking. Browsers send `Origin` with every WebSocket request and do
 * not ask before it; a loopback broker would otherwise be open to every page that the owner visits.
 */
export function isForeignOrigin(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  const host = request.headers.get("host");
  return !URL.canParse(origin) || host === null || new URL(origin).host !== host;
}
