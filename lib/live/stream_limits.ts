/** How many live streams may be open, in all and from one address. */
import { PerchError } from "../base/errors.ts";

export interface StreamLimits {
  /** Open streams in all. */
  clients: number;
  /** Open streams of one address. Loopback is exempt: a proxy in front shows itself as one address. */
  perAddress: number;
  ringEvents: number;
  ringBytes: number;
  clientBytes: number;
  keepAliveMs: number;
  stallMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  clients: 1000,
  perAddress: 100,
  ringEvents: 4096,
  ringBytes: 8 * 1024 * 1024,
  clientBytes: 64 * 1024,
  keepAliveMs: 12_000,
  stallMs: 10_000,
};

/** The streams that are open, counted. */
export interface Seats {
  /** @throws `rate_limited` when too many are open */
  admit(address: string): void;
  take(address: string): void;
  leave(address: string): void;
  counts(): { clients: number; opened: number; refused: number };
}

export function createSeats(limits: Pick<StreamLimits, "clients" | "perAddress">): Seats {
  const byAddress = new Map<string, number>();
  const count = { clients: 0, opened: 0, refused: 0 };
  return {
    admit(address) {
      const ofAddress = byAddress.get(address) ?? 0;
      const full = count.clients >= limits.clients;
      if (!full && (ofAddress < limits.perAddress || isLoopback(address))) return;
      count.refused++;
      const which = full ? `${limits.clients} in all` : `${limits.perAddress} from ${address}`;
      throw new PerchError("rate_limited", `Too many live streams are open (${which}).`, {
        retryAfterS: 10,
      });
    },
    take(address) {
      byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
      count.clients++;
      count.opened++;
    },
    leave(address) {
      const left = byAddress.get(address)! - 1;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
      count.clients--;
    },
    counts: () => ({ ...count }),
  };
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
