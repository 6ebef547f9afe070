/** A look at all that this host's buses offer, for the page: what is there, and what each channel reads now. */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { type Channel, fault, inputSettingsShape, type Measured } from "./driver.ts";
import type { Machinery, Rounds } from "./rounds.ts";

/** A channel and what it read; null: not read yet. */
export interface Seen {
  channel: Channel;
  measured: Measured | null;
  atMs: number | null;
}

export interface Looked {
  seen: readonly Seen[];
  notes: readonly string[];
  /** Null before the first look ended. */
  endedMs: number | null;
  isLooking: boolean;
}

export interface Looking {
  /** Looks anew, unless that is under way or just over. Resolves when it is over, and never rejects. */
  look(): Promise<void>;
  now(): Looked;
}

/** A look so soon after the one before finds the same. */
const FRESH_MS = 5_000;
/** What could not be read by then stays unread. */
const LOOK_MOST_MS = 60_000;

export function createLooking(
  { clock, machinery, rounds }: {
    clock: Clock;
    machinery(): Promise<Machinery>;
    rounds: Pick<Rounds, "onBus" | "channelOf">;
  },
): Looking {
  let seen: Seen[] = [];
  let notes: string[] = [];
  let endedMs: number | null = null;
  let under: Promise<void> | null = null;
  let freshMs = -Infinity;

  async function lookAtAll(): Promise<void> {
    const { drivers, present, host } = await machinery();
    const untilMs = clock.monotonic() + LOOK_MOST_MS;
    const found: Seen[] = [];
    const said: string[] = [];
    for (const driver of drivers) {
      const { channels, notes: own } = await present.of(driver, true);
      said.push(...own);
      for (const channel of channels) found.push({ channel, measured: null, atMs: null });
    }
    [seen, notes] = [found, said];
    // Those that are inputs are read anyhow.
    const unread = found.filter(({ channel }) =>
      channel.quiet !== true && rounds.channelOf(channel.id) === null
    );
    await Promise.all(Object.values(Object.groupBy(unread, (one) => one.channel.bus)).map(onBus));

    async function onBus(these: Seen[] | undefined): Promise<void> {
      for (const one of these ?? []) {
        if (clock.monotonic() >= untilMs) return;
        one.measured = await rounds.onBus(one.channel.bus, () => readOnce(one.channel));
        one.atMs = clock.now();
      }
    }

    async function readOnce(channel: Channel): Promise<Measured> {
      const driver = drivers.find(({ name }) => name === channel.driver)!;
      const reader = driver.open(host, channel, inputSettingsShape.parse({}), null);
      try {
        return await reader.read(null);
      } catch (error) {
        return fault("failed", messageOf(error));
      } finally {
        await reader.close?.();
      }
    }
  }

  return {
    look() {
      if (under !== null) return under;
      if (clock.monotonic() - freshMs < FRESH_MS) return Promise.resolve();
      under = lookAtAll().catch((error) => {
        notes = [`Looking for devices failed: ${messageOf(error)}.`];
      }).finally(() => {
        under = null;
        freshMs = clock.monotonic();
        endedMs = clock.now();
      });
      return under;
    },
    now: () => ({ seen, notes, endedMs, isLooking: under !== null }),
  };
}
