import type { Link } from "../../lib/sources/framing/link.ts";
import { dial } from "../../lib/sources/mqtt/connect.ts";
import type { Dial } from "../../lib/sources/mqtt/target.ts";

export interface SpyDial {
  dial: Dial;
  /** Packet ids of the PUBACKs on the present connection, in order. */
  packetIds(): number[];
  cut(): void;
  /** How many connections were made. */
  dials(): number;
}

/** Records what is written to the broker, and can cut the connection as a crash would. */
export function spyDial(): SpyDial {
  let dials = 0;
  let written: number[] = [];
  let link: Link | null = null;
  return {
    async dial(target, signal) {
      const real = link = await dial(target, signal);
      written = [];
      dials++;
      return {
        ...real,
        write(bytes) {
          written.push(...bytes);
          return real.write(bytes);
        },
      };
    },
    packetIds() {
      const ids: number[] = [];
      for (let at = 0; at < written.length;) {
        let bodyAt = at + 1;
        let length = 0;
        for (let shift = 0;; shift += 7) {
          length |= (written[bodyAt] & 0x7f) << shift;
          if (written[bodyAt++] < 0x80) break;
        }
        if (written[at] === 0x40) ids.push(written[bodyAt] << 8 | written[bodyAt + 1]);
        at = bodyAt + length;
      }
      return ids;
    },
    cut: () => link!.close(),
    dials: () => dials,
  };
}
