import { randomId } from "../../base/ids.ts";
import type { SqlStatement } from "../../db/client.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import type { Aside, Bounds, KeptStats } from "./aside_store.ts";
import type { Epoch, ForwardStore, Lane, Place } from "./forward_store.ts";

/** Name of the cursor in the journal: what is before it was sent or set aside. */
const READER = "forward";

export interface PlaceDeps {
  store: ForwardStore;
  aside: Aside;
  readings: Pick<ReadingsStore, "cursor" | "moveCursor" | "dropCursor">;
  write: (statements: readonly SqlStatement[]) => Promise<unknown>;
  newestEvent: () => Promise<number>;
}

/**
 * Up to where the centre has acknowledged, and which epoch a number belongs to. It leads in memory; the database
 * follows, because what is sent again is not stored twice.
 */
export class ForwardPlace {
  private constructor(
    private readonly deps: PlaceDeps,
    private epochs: Epoch[],
    private readonly places: Record<Lane, Place>,
    private saved: Record<Lane, number>,
    public kept: KeptStats | null,
  ) {}

  /** Where it stands; what was never forwarded begins now. */
  static async open(deps: PlaceDeps): Promise<ForwardPlace> {
    const { store, readings, aside } = deps;
    let epochs = await store.epochs();
    let { readings: groups, events } = await store.places();
    if (groups === null || events === null || epochs.length === 0) {
      groups = { seq: await store.lastGroup(), lost: 0 };
      events = { seq: await deps.newestEvent(), lost: 0 };
      const epoch = { epoch: randomId(20), afterGroup: groups.seq, afterEvent: events.seq };
      await readings.moveCursor(READER, groups.seq, [
        aside.drop(Number.MAX_SAFE_INTEGER),
        ...store.clear(),
        store.addEpoch(epoch),
        store.put("readings", groups),
        store.put("events", events),
      ]);
      epochs = [epoch];
    }
    const saved = { readings: groups.seq, events: events.seq };
    return new ForwardPlace(deps, epochs, { readings: groups, events }, saved, await aside.stats());
  }

  /** Nothing of it is left. */
  static async forget({ store, readings, aside }: PlaceDeps): Promise<void> {
    if (await readings.cursor(READER) === null) return;
    await readings.dropCursor(READER, [aside.drop(Number.MAX_SAFE_INTEGER), ...store.clear()]);
  }

  at(lane: Lane): number {
    return this.places[lane].seq;
  }
  get lost(): number {
    return this.places.readings.lost;
  }

  /** The epoch of what comes next in a lane, and the last number that is of it. */
  epochOf(lane: Lane): { index: number; epoch: string; upTo: number } {
    const after = (one: Epoch) => lane === "readings" ? one.afterGroup : one.afterEvent;
    const next = this.at(lane) + 1;
    let index = this.epochs.findLastIndex((one) => after(one) < next);
    if (index < 0) index = 0;
    const follower = this.epochs[index + 1];
    return {
      index,
      epoch: this.epochs[index].epoch,
      upTo: follower === undefined ? Infinity : after(follower),
    };
  }

  /** What comes next waits outside the journal. */
  get isKept(): boolean {
    return this.kept !== null && this.at("readings") < this.kept.lastId;
  }

  move(lane: Lane, seq: number): void {
    this.places[lane] = { ...this.places[lane], seq };
  }

  /** Writes where it stands. */
  async save(): Promise<void> {
    const { store, readings, aside, write } = this.deps;
    const { readings: groups, events } = this.places;
    if (this.saved.readings === groups.seq && this.saved.events === events.seq) return;
    const statements = [store.put("readings", groups), store.put("events", events)];
    if (this.kept !== null) statements.push(aside.drop(groups.seq));
    const passed = await readings.cursor(READER) ?? 0;
    if (groups.seq > passed) await readings.moveCursor(READER, groups.seq, statements);
    else await write(statements);
    this.saved = { readings: groups.seq, events: events.seq };
    if (this.kept !== null) this.kept = await aside.stats();
  }

  /** Takes what waits out of the journal; the readings in it. */
  async setAside(): Promise<number> {
    const { aside } = this.deps;
    await this.save();
    const moved = await aside.take();
    this.kept = await aside.stats();
    return moved;
  }

  /** Gives up the oldest of what waits beyond these bounds; the readings that were lost by it. */
  async bound(bounds: Bounds): Promise<number> {
    const { store, aside, write } = this.deps;
    const beyond = this.kept === null ? null : await aside.beyond(this.kept, bounds);
    if (beyond === null) return 0;
    const seq = Math.max(this.at("readings"), beyond.to);
    this.places.readings = { seq, lost: this.lost + beyond.readings };
    await write([store.put("readings", this.places.readings), aside.drop(beyond.to)]);
    this.saved = { ...this.saved, readings: seq };
    this.kept = await aside.stats();
    return beyond.readings;
  }

  /** Numbers begin anew: what comes after these was not sent under the old ones. */
  async beginEpoch(afterGroup: number, afterEvent: number): Promise<void> {
    const { store, write } = this.deps;
    const epoch = { epoch: randomId(20), afterGroup, afterEvent };
    await write([store.addEpoch(epoch)]);
    this.epochs = [...this.epochs, epoch];
  }
}
