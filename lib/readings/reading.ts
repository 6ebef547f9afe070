/**
 * What a reading is, on its way from a source to the disk.
 *
 * A source's dialect turns a message into *drafts* (names, loose values). The intake resolves them to a
 * *group*: columns of equal length, ready to be packed and committed as one journal row.
 */

/** One value as a dialect found it: the sensor by its full path below the root topic. */
export interface Draft {
  /** `<area…>/<machine>/<sensor>`, at least two levels. */
  sensor: string;
  /** The same as it was written, where a character of it had to be replaced. */
  spelled?: string;
  /** Number, on/off, or text (text becomes a code of the sensor's own enumeration). */
  value: number | boolean | string;
  /** The word for on or off as it was sent. */
  word?: string;
  /** The device's time, epoch ms. Fractions are cut. */
  tMs?: number;
  /** The device gave a time that is none, as it was written; `tMs` is left out then. */
  noTime?: string;
  /** The device's own sequence number. */
  seq?: number;
  unit?: string;
  /** It was so at `tMs`; it does not say how things are now: no alarm, no present value. */
  past?: boolean;
  /** Position in the request it came in, where bad items before it make it differ from its place in `drafts`. */
  index?: number;
}

/** Why something was not stored. `code` is stable and counted, `message` is for people. */
export interface Reject {
  code: RejectCode;
  message: string;
  /** Position in the batch it came in, when it came in one. */
  index?: number;
}

export const REJECT_CODES = [
  "bad_topic",
  "bad_payload",
  "bad_encoding",
  "bad_value",
  /** The device says that it has no value: the sender gets that as an answer, but nothing is wrong. */
  "no_value",
  "bad_time",
  "bad_name",
  "too_large",
  "unknown_sensor",
  "sensor_cap",
  "state_cap",
  "forbidden_topic",
  "quarantined",
] as const;
export type RejectCode = typeof REJECT_CODES[number];

/** What a dialect makes of one message. Good and bad items may stand side by side. */
export interface Decoded {
  drafts: Draft[];
  /** What was refused: of many the first `REJECTS_LISTED`. Filled by `addReject`. */
  rejects: Reject[];
  /** How many more were refused. */
  more?: number;
  /** Positions of what was refused beyond those listed, in order, each once. */
  beyond?: number[];
  /** The dialect of devices that understood it; undefined: a plain one. */
  by?: string;
}

/** Most reasons that are listed for one message; the others are counted. */
export const REJECTS_LISTED = 100;

/** Counts a reject, and lists it while there is room: a message of many faults stays small. */
export function addReject(
  out: Pick<Decoded, "rejects" | "more" | "beyond">,
  reject: Reject,
): void {
  if (out.rejects.length < REJECTS_LISTED) {
    out.rejects.push(reject);
    return;
  }
  out.more = (out.more ?? 0) + 1;
  const { index } = reject;
  if (index === undefined) return;
  out.beyond ??= [];
  if (out.beyond.at(-1) !== index) out.beyond.push(index);
}

/** Numbers, on/off (0/1) or texts (code of a per-sensor enumeration). */
export type SensorKind = "number" | "binary" | "text";

/*
 * Flags of a reading. Keep them below 16: the journal packs two readings' flags into one byte then.
 */
/** The time was given by the host at arrival, not by the device. */
export const FLAG_ARRIVAL_TIME = 1;
/** `seq` of this reading is valid. */
export const FLAG_HAS_SEQ = 2;
/** The device gave a time that cannot be right; the time of arrival stands in. Only beside `FLAG_ARRIVAL_TIME`. */
export const FLAG_DEVICE_TIME_REFUSED = 4;
/**
 * Without `FLAG_ARRIVAL_TIME`: the broker had kept the message, the time is that of its arrival, and the value may be
 * much older. (Exactly once by time and value is right for it: it comes again and again.)
 */
export const FLAG_RETAINED = 4;
/** Whether a reading came as a message that the broker had kept. */
export const isRetained = (flags: number) =>
  (flags & (FLAG_ARRIVAL_TIME | FLAG_RETAINED)) === FLAG_RETAINED;
/**
 * The host's clock could not be right when this arrived; the time of arrival is the trusted clock's. Only beside
 * `FLAG_ARRIVAL_TIME`.
 */
export const FLAG_HOST_CLOCK_SUSPECT = 8;
/** Without `FLAG_ARRIVAL_TIME`: the device says that it was so then, and not how things are now. */
export const FLAG_PAST = 8;
/** Whether a reading says nothing of now. */
export const isPast = (flags: number) => (flags & (FLAG_ARRIVAL_TIME | FLAG_PAST)) === FLAG_PAST;

/** How a redelivered message without time and seq is recognised (see README of the intake). */
export interface PacketMark {
  /** MQTT session the message came through. */
  session: string;
  packetId: number;
  /** 16-bit hash of topic and payload. */
  hash: number;
}

/** Readings of one commit, as columns of length `n`, in arrival order. */
export interface ReadingGroup {
  n: number;
  /** Storage number of the sensor (`sensors.num`). */
  sensor: Uint32Array;
  /** Epoch ms, whole. */
  tMs: Float64Array;
  /** Finite float64. */
  value: Float64Array;
  flags: Uint8Array;
  /** Valid where `FLAG_HAS_SEQ`; null when no reading has one. */
  seq: Float64Array | null;
  /** Marks of messages in this group, so that a redelivery after a crash is recognised. */
  packets: PacketMark[];
}

/** Oldest and newest times that can be stored. */
export const EARLIEST_MS = Date.UTC(2000, 0, 1);
export const LATEST_MS = Date.UTC(2100, 0, 1);
