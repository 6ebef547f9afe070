import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Link } from "./link.ts";
import { pausingLink } from "./pausing_link.ts";

/** A connection of the one way out as a link. It is paused while nothing reads. */
export function socketLink(socket: Socket): Link {
  const { link, came, ended } = pausingLink({
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(Buffer.from(bytes), (error) => error ? reject(error) : resolve());
      }),
    close: () => void socket.destroy(),
  });
  socket.on("data", came);
  socket.on("end", () => ended(true));
  socket.on("close", () => ended(true));
  socket.on("error", ended);
  return link;
}
