import type { Arrival } from "../base/steady_clock.ts";
import {
  FLAG_ARRIVAL_TIME,
  FLAG_DEVICE_TIME_REFUSED,
  FLAG_HAS_SEQ,
  FLAG_HOST_CLOCK_SUSPECT,
  FLAG_PAST,
  FLAG_RETAINED,
  type PacketMark,
} from "../readings/reading.ts";
import type { ReadingGroup } from "../readings/reading.ts";

const FIRST_CAPACITY = 4_096;

/** Columns of the group that is being filled. Reused from group to group; `take` copies out what is there. */
export class GroupBuilder {
  n = 0;
  #sensor = new Uint32Array(FIRST_CAPACITY);
  #tMs = new Float64Array(FIRST_CAPACITY);
  #value = new Float64Array(FIRST_CAPACITY);
  #flags = new Uint8Array(FIRST_CAPACITY);
  #seq = new Float64Array(FIRST_CAPACITY);
  #anySeq = false;
  #packets: PacketMark[] = [];

  /**
   * Adds one reading; `tMs` undefined means arrival time, `refused` that the device gave one that is not
   * believed, `retained` that the broker had kept it, `past` that it says nothing of now. True when only the packet can identify it.
   */
  add(
    sensor: number,
    value: number,
    tMs: number | undefined,
    seq: number | undefined,
    arrival: Arrival,
    refused = false,
    retained = false,
    past = false,
  ): boolean {
    const i = this.n++;
    if (i === this.#sensor.length) this.#grow();
    this.#sensor[i] = sensor;
    this.#value[i] = value;
    let flags = 0;
    if (tMs === undefined) {
      flags |= retained ? FLAG_RETAINED : FLAG_ARRIVAL_TIME;
      if (refused) flags |= FLAG_DEVICE_TIME_REFUSED;
      if (arrival.suspect) flags |= FLAG_HOST_CLOCK_SUSPECT;
      this.#tMs[i] = arrival.tMs;
    } else {
      if (past) flags |= FLAG_PAST;
      this.#tMs[i] = Math.floor(tMs);
    }
    if (seq !== undefined) {
      flags |= FLAG_HAS_SEQ;
      this.#seq[i] = seq;
      this.#anySeq = true;
    }
    this.#flags[i] = flags;
    return (flags & (FLAG_ARRIVAL_TIME | FLAG_HAS_SEQ)) === FLAG_ARRIVAL_TIME;
  }

  /** Adds a reading with a device's time and no more. Short, so that the numbers need no objects on their way. */
  addTimed(sensor: number, value: number, tMs: number): void {
    const i = this.n++;
    if (i === this.#sensor.length) this.#grow();
    this.#sensor[i] = sensor;
    this.#value[i] = value;
    this.#tMs[i] = Math.floor(tMs);
    this.#flags[i] = 0;
  }

  /** Adds readings as they are, of sensors with these storage numbers. */
  addStored({ sensor, tMs, value, flags, seq }: Omit<ReadingGroup, "n" | "packets">): void {
    const from = this.n;
    this.n += sensor.length;
    while (this.n > this.#sensor.length) this.#grow();
    this.#sensor.set(sensor, from);
    this.#tMs.set(tMs, from);
    this.#value.set(value, from);
    this.#flags.set(flags, from);
    if (seq === null) return;
    this.#seq.set(seq, from);
    this.#anySeq = true;
  }

  /** The value of a sensor that was added last; undefined when there is none. */
  lastOf(sensor: number): number | undefined {
    const i = this.#sensor.subarray(0, this.n).lastIndexOf(sensor);
    return i < 0 ? undefined : this.#value[i];
  }

  mark(packet: PacketMark): void {
    this.#packets.push(packet);
  }

  /** The group so far, in arrays of its own that may be transferred; the builder is empty afterwards. */
  take(): ReadingGroup {
    const n = this.n;
    const group: ReadingGroup = {
      n,
      sensor: this.#sensor.slice(0, n),
      tMs: this.#tMs.slice(0, n),
      value: this.#value.slice(0, n),
      flags: this.#flags.slice(0, n),
      seq: this.#anySeq ? this.#seq.slice(0, n) : null,
      packets: this.#packets,
    };
    this.n = 0;
    this.#anySeq = false;
    this.#packets = [];
    return group;
  }

  #grow(): void {
    const capacity = this.#sensor.length * 2;
    const sensor = new Uint32Array(capacity);
    const tMs = new Float64Array(capacity);
    const value = new Float64Array(capacity);
    const flags = new Uint8Array(capacity);
    const seq = new Float64Array(capacity);
    sensor.set(this.#sensor);
    tMs.set(this.#tMs);
    value.set(this.#value);
    flags.set(this.#flags);
    seq.set(this.#seq);
    [this.#sensor, this.#tMs, this.#value, this.#flags, this.#seq] = [
      sensor,
      tMs,
      value,
      flags,
      seq,
    ];
  }
}
