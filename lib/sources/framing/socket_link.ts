import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Link } from "./link.ts";

/** A connection of the one way out as a link. It is paused while nothing reads. */
export function socketLink(socket: Socket): Link {
  const waiting: Uint8Array[] = [];
  let ended: Error | true | null = null;
  let wake: (() => void) | null = null;
  const end = (why: Error | true) => {
    ended ??= why;
    wake?.();
  };
  socket.on("data", (bytes: Uint8Array) => {
    waiting.push(bytes);
    socket.pause();
    wake?.();
  });
  socket.on("end", () => end(true));
  socket.on("close", () => end(true));
  socket.on("error", end);
  return {
    async read() {
      while (waiting.length === 0 && ended === null) {
        socket.resume();
        await new Promise<void>((resolve) => wake = resolve);
        wake = null;
      }
      const next = waiting.shift();
      if (next !== undefined) return next;
      if (ended instanceof Error) throw ended;
      return null;
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(Buffer.from(bytes), (error) => error ? reject(error) : resolve());
      }),
    close: () => void socket.destroy(),
  };
}
