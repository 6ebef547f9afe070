/**
 * How the pages of one browser share its connections. HTTP/1.1 gives a browser six per host, whatever the number
 * of its windows; a stream holds one for good, and the seventh page would never load. So only a few pages hold a
 * stream; the others look in for a moment, one after the other. They agree over a broadcast channel: who has a
 * place says so when asked. A busy page may answer late: who hears then that too many had one before gives way.
 * Live pictures hold a connection too. They stand behind the pages: they take what pages leave, and the youngest
 * gives way when another page comes.
 */

/** What the other pages hear, and what is heard of them. */
export interface PlaceChannel {
  post(message: PlaceMessage): void;
  listen(hear: (message: PlaceMessage) => void): void;
  /** Hears and says nothing any more. */
  close(): void;
}

/** The channel of this browser's pages of this host; null where there is none. */
export function browserChannel(): PlaceChannel | null {
  if (typeof BroadcastChannel === "undefined") return null;
  const channel = new BroadcastChannel("perch-streams");
  let isOpen = true;
  return {
    post(message) {
      if (isOpen) channel.postMessage(message);
    },
    listen: (hear) => (channel.onmessage = ({ data }) => hear(data)),
    close() {
      isOpen = false;
      channel.close();
    },
  };
}

export interface PlaceMessage {
  id: string;
  says: "who" | "here" | "gone";
  /** Since when it has its place: who came later gives way. 0: it has none. */
  sinceMs: number;
  /** A live picture rather than a page. */
  picture?: boolean;
}

/** The part of one page, or of one live picture, in it. */
export interface StreamPlaces {
  /** True when it has a place now; false when all are taken. `onLost` is called once if that was wrong. */
  take(onLost: () => void): Promise<boolean>;
  give(): void;
  /** Gives it back, and takes no part any more. */
  leave(): void;
}

/** For pages. */
export const PLACES = 4;
/** For pages and live pictures together: one connection is left to load things with. */
export const ALL_PLACES = 5;
const ANSWER_MS = 250;

export function createStreamPlaces(
  deps: {
    channel: PlaceChannel | null;
    id: string;
    /** It is for a live picture. */
    picture?: boolean;
    now(): number;
    sleep(ms: number): Promise<void>;
  },
): StreamPlaces {
  const { channel, id, picture = false } = deps;
  let sinceMs: number | null = null;
  let others = new Map<string, PlaceMessage>();
  let lost: (() => void) | null = null;

  const say = (says: PlaceMessage["says"]) =>
    channel?.post({ id, says, sinceMs: sinceMs ?? 0, picture });

  /** True when others that count before one that has its place since `mine` have all places. */
  const isTaken = (mine: number) => {
    const all = [...others.values()];
    const earlier = (one: PlaceMessage) =>
      one.sinceMs < mine || (one.sinceMs === mine && one.id < id);
    const pages = all.filter((one) => !one.picture);
    if (!picture) return pages.filter(earlier).length >= PLACES;
    // Where pages have to take turns, nothing is left for pictures.
    const before = all.filter((one) => one.picture && earlier(one));
    return pages.length >= PLACES || pages.length + before.length >= ALL_PLACES;
  };

  const heardOf = (other: PlaceMessage) => {
    others.set(other.id, other);
    if (lost === null || sinceMs === null || !isTaken(sinceMs)) return;
    const onLost = lost;
    drop();
    onLost();
  };

  channel?.listen((message) => {
    if (message.says === "gone") others.delete(message.id);
    else if (message.says === "here") heardOf(message);
    else {
      if (message.sinceMs > 0) heardOf(message);
      if (sinceMs !== null) say("here");
    }
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
      if (isTaken(Infinity)) return false;
      const mine = sinceMs = deps.now();
      // Several may have found the same place free: who came first keeps it.
      await ask();
      if (sinceMs === null) return false;
      if (isTaken(mine)) {
        drop();
        return false;
      }
      lost = onLost;
      return true;
    },
    give: drop,
    leave() {
      drop();
      channel?.close();
    },
  };
}
