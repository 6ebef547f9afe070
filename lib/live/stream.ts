/**
 * DESIGN. Every event is encoded once and the same bytes go to every client; there is no buffer, timer
 * or encoder per client. The ring of recent events is the only store: a client is a cursor into it. While
 * a client keeps up, events are handed to it as they come; when its queue (64 KB) is full it is *behind*
 * and is served from the ring as it reads. When the ring has moved past it, it gets a `reset`. When it
 * reads nothing for 10 s it is dropped. Clients behind are looked at every 25 ms while there are any: a
 * `pull` callback would be called for every chunk of every client and cost a sixth more CPU.
 *
 * One idea, so one file: every function moves a client along the ring.
 *
 * Ids are `<boot>-<n>`: `n` counts all events of this run, so an id names a place for every filter.
 */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { SensorDirectory } from "../machines/sensor.ts";
import { createReadingEncoder, type ReadingColumns, type ReadingMatch } from "./encode.ts";
import { EventRing, type RingEntry } from "./ring.ts";
import { createSeats, STREAM_LIMITS, type StreamLimits } from "./stream_limits.ts";
import type { StreamType } from "./stream_types.ts";

/** What a client wants. Equal `key`s mean equal filters: they share one encoding. */
export interface StreamFilter {
  key: string;
  /** Event types, null for all. */
  types: ReadonlySet<StreamType> | null;
  /** Readings, null for all. */
  match: ReadingMatch | null;
}

export const EVERYTHING: StreamFilter = { key: "", types: null, match: null };

export interface OpenStream {
  filter: StreamFilter;
  /** Address the limits count by. */
  address: string;
  lastEventId: string | null;
  /** Calls `end` when the asker may no longer read; gives the function that stops watching. */
  onEnded?: (end: () => void) => () => void;
}

export interface StreamStats {
  clients: number;
  opened: number;
  /** Refused with 429. */
  refused: number;
  /** Dropped because they read nothing for `stallMs`. */
  stalled: number;
  /** Sent a `reset`: what they missed is gone. */
  resets: number;
  events: number;
  ringBytes: number;
}

export interface StreamHub {
  /** Starts keep-alives and the watch for stalled readers. */
  start(): void;
  /** Ends every stream at once. No stream opens afterwards. */
  stop(): void;
  /** The body of an event stream. Throws `rate_limited` when too many are open, `unavailable` after stop. */
  open(options: OpenStream): ReadableStream<Uint8Array>;
  /** One commit group as a `reading` event. The group must not change afterwards. */
  publishReadings(group: ReadingColumns): void;
  /** Any other event; `data` must be JSON. */
  publish(type: StreamType, data: unknown): void;
  /**
   * Whether somebody listens to events of this type now. What the next second makes old is published then alone; not
   * what stays so: a page that comes next, or comes back, goes on where it was.
   */
  hears(type: StreamType): boolean;
  /**
   * A place among the streams, for one that is none of events; the function gives it back, once.
   * @throws `rate_limited` when too many are open
   */
  seat(address: string): () => void;
  /** Id of the newest event: a stream opened with it as `Last-Event-ID` begins right after. */
  place(): string;
  stats(): StreamStats;
}

interface Entry extends RingEntry {
  type: StreamType;
  group: ReadingColumns | null;
  /** Encoded for everyone who filters nothing; made when needed, and kept while somebody is behind. */
  bytes: Uint8Array | null;
  json: string | null;
}

interface Client {
  controller: ReadableStreamDefaultController<Uint8Array>;
  audience: Audience;
  address: string;
  /** Stops watching whether the asker may still read. */
  unwatch: () => void;
  /** Number of the next event to hand over. */
  next: number;
  behind: boolean;
  /** Room in its queue when it was last looked at while behind, and when that last changed. */
  room: number;
  progressMs: number;
}

/** Clients with the same filter. */
interface Audience {
  filter: StreamFilter;
  clients: Set<Client>;
}

/** A reading's share of the ring: its columns and its JSON. */
const BYTES_PER_READING = 112;
const TICK_MS = 1000;
const CATCH_UP_MS = 25;
const FRAME_END = "\n\n";
const utf8 = new TextEncoder();

export function createStreamHub(deps: {
  clock: Clock;
  sensors: SensorDirectory;
  limits?: Partial<StreamLimits>;
  /** Names this run in event ids; default random. */
  boot?: string;
}): StreamHub {
  const { clock } = deps;
  const limits = { ...STREAM_LIMITS, ...deps.limits };
  const boot = deps.boot ?? randomId(8);
  const encodeReadings = createReadingEncoder(deps.sensors);
  const ring = new EventRing<Entry>({ count: limits.ringEvents, bytes: limits.ringBytes });
  const audiences = new Map<string, Audience>();
  const behind = new Set<Client>();
  const seats = createSeats(limits);
  const stopping = new AbortController();
  const count = { stalled: 0, resets: 0 };

  const idOf = (n: number) => `${boot}-${n}`;
  const head = (n: number, type: string) => `id: ${idOf(n)}\nevent: ${type}\ndata: `;
  const frame = (n: number, type: string, json: string) =>
    utf8.encode(`${head(n, type)}${json}${FRAME_END}`);
  const readings = ({ n, type }: Entry, group: ReadingColumns, match: ReadingMatch | null) =>
    encodeReadings(group, match, head(n, type), FRAME_END);

  /** Bytes of an event for a filter; null when it has nothing for it. */
  function encoded(entry: Entry, filter: StreamFilter): Uint8Array | null {
    if (filter.types !== null && !filter.types.has(entry.type)) return null;
    if (entry.group === null || filter.match === null) return entry.bytes ??= encodeAll(entry);
    return readings(entry, entry.group, filter.match);
  }
  const encodeAll = (entry: Entry) =>
    (entry.group === null ? null : readings(entry, entry.group, null)) ??
      frame(entry.n, entry.type, entry.json ?? "{}");

  function publishEntry(entry: Entry): void {
    ring.push(entry);
    for (const audience of audiences.values()) {
      let bytes: Uint8Array | null | undefined;
      for (const client of audience.clients) {
        if (client.behind) continue;
        if (bytes === undefined) bytes = encoded(entry, audience.filter);
        if (bytes !== null) hand(client, bytes);
        client.next = entry.n + 1;
      }
    }
    // Nobody will ask for them soon: kept, they would outlive the young garbage, of which most of them are.
    if (behind.size === 0) entry.bytes = null;
  }

  function hand(client: Client, bytes: Uint8Array): void {
    client.controller.enqueue(bytes);
    if (client.controller.desiredSize! <= 0) fallBehind(client);
  }

  function fallBehind(client: Client): void {
    // The server notices within `enqueue` that a connection is lost, and cancels.
    if (!client.audience.clients.has(client)) return;
    client.behind = true;
    client.room = client.controller.desiredSize!;
    client.progressMs = clock.monotonic();
    behind.add(client);
    if (behind.size === 1) serveBehind(stopping.signal).catch(() => {});
  }

  async function serveBehind(signal: AbortSignal): Promise<void> {
    while (behind.size > 0) {
      await clock.sleep(CATCH_UP_MS, signal);
      for (const client of behind) catchUp(client);
    }
  }

  /** Serves a client from the ring until its queue is full or it has everything. */
  function catchUp(client: Client): void {
    const room = client.controller.desiredSize!;
    if (room !== client.room) client.progressMs = clock.monotonic();
    if (room > 0 && client.next < ring.first) reset(client);
    while (client.next < ring.next && client.controller.desiredSize! > 0) {
      const bytes = encoded(ring.at(client.next)!, client.audience.filter);
      client.next++;
      if (bytes !== null) client.controller.enqueue(bytes);
    }
    client.room = client.controller.desiredSize!;
    if (client.room <= 0) return;
    client.behind = false;
    behind.delete(client);
  }

  /** Events that a client asked for are gone: it must load anew. */
  function reset(client: Client): void {
    count.resets++;
    client.next = ring.next;
    client.controller.enqueue(frame(ring.next - 1, "reset", `{"reason":"gone"}`));
  }

  function greet(client: Client, lastEventId: string | null): void {
    const asked = lastEventId === null ? null : placeOf(lastEventId);
    const resumed = asked !== null && asked + 1 >= ring.first && asked < ring.next;
    client.next = resumed ? asked + 1 : ring.next;
    // The id of `hello` is the place the client already has: a cut before the replay ends loses nothing.
    const hello = { boot, now: clock.now(), resumed };
    client.controller.enqueue(frame(client.next - 1, "hello", JSON.stringify(hello)));
    if (lastEventId !== null && !resumed) reset(client);
    catchUp(client);
    if (client.room <= 0) fallBehind(client);
  }

  function placeOf(id: string): number | null {
    const dash = id.lastIndexOf("-");
    if (id.slice(0, dash) !== boot) return null;
    const n = Number(id.slice(dash + 1));
    return Number.isSafeInteger(n) && n >= 0 ? n : null;
  }

  function join(client: Client): void {
    const { filter } = client.audience;
    audiences.set(filter.key, client.audience);
    client.audience.clients.add(client);
    seats.take(client.address);
  }

  function leave(client: Client): void {
    if (!client.audience.clients.delete(client)) return;
    behind.delete(client);
    client.unwatch();
    if (client.audience.clients.size === 0) audiences.delete(client.audience.filter.key);
    seats.leave(client.address);
  }

  function end(client: Client): void {
    leave(client);
    client.controller.close();
  }

  function* everyone(): Iterable<Client> {
    for (const audience of [...audiences.values()]) yield* [...audience.clients];
  }

  function dropStalled(): void {
    const nowMs = clock.monotonic();
    for (const client of behind) {
      if (nowMs - client.progressMs < limits.stallMs) continue;
      count.stalled++;
      leave(client);
      client.controller.error(new Error(`reader stalled for ${limits.stallMs} ms`));
    }
  }

  /** A comment that also moves the client's place on, so that a quiet filter does not fall out of the ring. */
  function keepAlive(): void {
    const bytes = utf8.encode(`: keep-alive\nid: ${idOf(ring.next - 1)}\n\n`);
    for (const client of everyone()) if (!client.behind) hand(client, bytes);
  }

  async function watch(signal: AbortSignal): Promise<void> {
    let quietMs = 0;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      dropStalled();
      quietMs += TICK_MS;
      if (quietMs < limits.keepAliveMs) continue;
      quietMs = 0;
      keepAlive();
    }
  }

  return {
    start() {
      watch(stopping.signal).catch(() => {});
    },
    stop() {
      stopping.abort();
      for (const client of everyone()) end(client);
    },
    open(options) {
      if (stopping.signal.aborted) {
        throw new PerchError("unavailable", "Perch is stopping.", { retryAfterS: 5 });
      }
      seats.admit(options.address);
      const { filter, address, onEnded } = options;
      let client: Client;
      return new ReadableStream<Uint8Array>({
        start(controller) {
          const audience = audiences.get(filter.key) ?? { filter, clients: new Set() };
          client = {
            controller,
            audience,
            address,
            unwatch: () => {},
            next: 0,
            behind: false,
            room: 0,
            progressMs: 0,
          };
          join(client);
          if (onEnded) client.unwatch = onEnded(() => end(client));
          greet(client, options.lastEventId);
        },
        cancel() {
          leave(client);
        },
      }, { highWaterMark: limits.clientBytes, size: (chunk) => chunk.byteLength });
    },
    publishReadings({ n, sensor, tMs, value }) {
      if (n === 0) return;
      const size = n * BYTES_PER_READING;
      // What else the group knows is not kept.
      const group = { n, sensor, tMs, value };
      publishEntry({ n: ring.next, size, type: "reading", group, bytes: null, json: null });
    },
    publish(type, data) {
      const json = JSON.stringify(data);
      const size = json.length * 3 + 64;
      publishEntry({ n: ring.next, size, type, group: null, bytes: null, json });
    },
    hears: (type) =>
      [...audiences.values()].some(({ filter: { types } }) => types?.has(type) ?? true),
    seat(address) {
      seats.admit(address);
      seats.take(address);
      let isTaken = true;
      return () => {
        if (isTaken) seats.leave(address);
        isTaken = false;
      };
    },
    place: () => idOf(ring.next - 1),
    stats: () => ({ ...seats.counts(), ...count, events: ring.next - 1, ringBytes: ring.bytes }),
  };
}
