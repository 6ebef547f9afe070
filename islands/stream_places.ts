/**
 * How the pages of one browser share its connections. HTTP/1.1 gives a browser six per host, whatever the number
 * of its windows; a stream holds one for good, and the seventh page would never load. So only a few pages hold a
 * stream; the others look in for a moment, one after the other. They agree over a broadcast channel: who has a
 * place says so when asked. A busy page may answer late: who hears then that too many had one before gives way.
 */

/** What the other pages hear, and what is heard of them. */
export interface PlaceChannel {
  post(message: PlaceMessage): void;
  listen(hear: (message: PlaceMessage) => void): void;
}

/** The channel of this browser's pages of this host; null where there is none. */
export function browserChannel(): PlaceChannel | null {
  if (typeof BroadcastChannel === "undefined") return null;
  const channel = new BroadcastChannel("perch-streams");
  return {
    post: (message) => channel.postMessage(message),
    listen: (hear) => (channel.onmessage = ({ data }) => hear(data)),
  };
}

export interface PlaceMessage {
  id: string;
  says: "who" | "here" | "gone";
  /** Since when it has its place: who came later gives way. */
  sinceMs: number;
}

/** One page's part in it. */
export interface StreamPlaces {
  /** True when this page has a place now; false when all are taken. `onLost` is called once if that was wrong. */
  take(onLost: () => void): Promise<boolean>;
  give(): void;
}

export const PLACES = 4;
const ANSWER_MS = 250;

export function createStreamPlaces(
  deps: {
    channel: PlaceChannel | null;
    id: string;
    now(): number;
    sleep(ms: number): Promise<void>;
  },
): StreamPlaces {
  const { channel, id } = deps;
  let sinceMs: number | null = null;
  let others = new Map<string, number>();
  let lost: (() => void) | null = null;

  const say = (says: PlaceMessage["says"]) => channel?.post({ id, says, sinceMs: sinceMs ?? 0 });

  /** True when as many others as there are places had one before. */
  const isTooMany = (mine: number) =>
    [...others].filter(([other, since]) => since < mine || (since === mine && other < id))
      .length >= PLACES;

  channel?.listen((message) => {
    if (message.says === "gone") others.delete(message.id);
    else if (message.says === "here") {
      others.set(message.id, message.sinceMs);
      if (lost !== null && sinceMs !== null && isTooMany(sinceMs)) {
        const onLost = lost;
        drop();
        onLost();
      }
    } else if (sinceMs !== null) say("here");
  });

  const drop = () => {
    if (sinceMs !== null) say("gone");
    sinceMs = null;
    lost = null;
  };

  const ask = async () => {
    others = new Map();
    say("who");
    await deps.sleep(ANSWER_MS);
  };

  return {
    async take(onLost) {
      if (channel === null || sinceMs !== null) return true;
      lost = null;
      await ask();
      if (others.size >= PLACES) return false;
      const mine = sinceMs = deps.now();
      // Several may have found the same place free: who came first keeps it.
      await ask();
      if (sinceMs === null) return false;
      if (isTooMany(mine)) {
        drop();
        return false;
      }
      lost = onLost;
      return true;
    },
    give: drop,
  };
}
