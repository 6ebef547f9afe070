import { randomId } from "../../base/ids.ts";
import type { SqlStatement } from "../../db/client.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import type { Epoch, ForwardStore, KeptStats, Lane, Place } from "./forward_store.ts";

/** Name of the cursor in the journal: what is before it was sent or set aside. */
const READER = "forward";
const ASIDE_BYTES = 256 * 1024;

export interface PlaceDeps {
  store: ForwardStore;
  readings: Pick<ReadingsStore, "cursor" | "moveCursor" | "dropCursor" | "setAside">;
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
    const { store, readings } = deps;
    let epochs = await store.epochs();
    let { readings: groups, events } = await store.places();
    if (groups === null || events === null || epochs.length === 0) {
      groups = { seq: await store.lastGroup(), lost: 0 };
      events = { seq: await deps.newestEvent(), lost: 0 };
      const epoch = { epoch: randomId(20), afterGroup: groups.seq, afterEvent: events.seq };
      await readings.moveCursor(READER, groups.seq, [
        ...store.clear(),
        store.addEpoch(epoch),
        store.put("readings", groups),
        store.put("events", events),
      ]);
      epochs = [epoch];
    }
    const saved = { readings: groups.seq, events: events.seq };
    return new ForwardPlace(deps, epochs, { readings: groups, events }, saved, await store.kept());
  }

  /** Nothing of it is left. */
  static async forget({ store, readings }: PlaceDeps): Promise<void> {
    if (await readings.cursor(READER) !== null) await readings.dropCursor(READER, store.clear());
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
    const { store, readings, write } = this.deps;
    const { readings: groups, events } = this.places;
    if (this.saved.readings === groups.seq && this.saved.events === events.seq) return;
    const statements = [store.put("readings", groups), store.put("events", events)];
    if (this.kept !== null) statements.push(store.dropKept(groups.seq));
    const passed = await readings.cursor(READER) ?? 0;
    if (groups.seq > passed) await readings.moveCursor(READER, groups.seq, statements);
    else await write(statements);
    this.saved = { readings: groups.seq, events: events.seq };
    if (this.kept !== null) this.kept = await store.kept();
  }

  /** One step of taking what waits out of the journal: the readings in it; null: nothing is left there. */
  async setAside(): Promise<number | null> {
    const { readings, store } = this.deps;
    await this.save();
    const moved = await readings.setAside(READER, ASIDE_BYTES);
    this.kept = await store.kept();
    return moved;
  }

  /** Gives up the oldest of what waits beyond these bounds; the readings that were lost by it. */
  async bound({ bytes, beforeMs }: { bytes: number; beforeMs: number }): Promise<number> {
    const { store, write } = this.deps;
    const { kept } = this;
    if (kept === null) return 0;
    const over = kept.bytes - bytes;
    const places = [
      over > 0 ? await store.keptAt(over) : null,
      kept.oldestMs < beforeMs ? await store.keptBefore(beforeMs) : null,
    ].filter((one) => one !== null);
    if (places.length === 0) return 0;
    const to = places.reduce((a, b) => a.id > b.id ? a : b);
    const lost = to.readings - kept.readingsBefore;
    const seq = Math.max(this.at("readings"), to.id);
    this.places.readings = { seq, lost: this.lost + lost };
    await write([store.put("readings", this.places.readings), store.dropKept(to.id)]);
    this.saved = { ...this.saved, readings: seq };
    this.kept = await store.kept();
    return lost;
  }

  /** Numbers begin anew: what comes after these was not sent under the old ones. */
  async beginEpoch(afterGroup: number, afterEvent: number): Promise<void> {
    const { store, write } = this.deps;
    const epoch = { epoch: randomId(20), afterGroup, afterEvent };
    await write([store.addEpoch(epoch)]);
    this.epochs = [...this.epochs, epoch];
  }
}
