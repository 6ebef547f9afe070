import type { Link } from "./link.ts";

/** What is done with the connection itself. */
export interface PausingSocket {
  /** Nothing more comes until `resume`. */
  pause(): void;
  resume(): void;
  send: Link["write"];
  close(): void;
}

/** A connection that hands over what comes as a link. It is paused while nothing reads. */
export function pausingLink(socket: PausingSocket): {
  link: Link;
  /** Bytes came. */
  came(bytes: Uint8Array): void;
  /** Nothing more comes: true: as it should, else why. */
  ended(why: Error | true): void;
} {
  const waiting: Uint8Array[] = [];
  let ended: Error | true | null = null;
  let wake: (() => void) | null = null;
  return {
    came(bytes) {
      waiting.push(bytes);
      socket.pause();
      wake?.();
    },
    ended(why) {
      ended ??= why;
      wake?.();
    },
    link: {
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
      write: socket.send,
      close: socket.close,
    },
  };
}
