/**
 * DESIGN. What a full disk may still do is decided before it is full. Of the room that is left, the last is
 * kept for what helps a person out of it (sign-in, alarms, acknowledging, deleting): below the *floor* new
 * readings are refused. A *reserve* file is room that other programs cannot take: it is freed when even the
 * floor is nearly gone. Readings are taken again when there is room for the reserve and the floor.
 */

/** What the file system says. */
export interface Room {
  freeBytes: number;
  totalBytes: number;
}

export interface RoomLimits {
  /** Size of the reserve file. */
  reserveBytes: number;
  /** With less free room than this no readings are taken. */
  floorBytes: number;
}

export interface RoomState {
  /** The reserve is on the disk. */
  held: boolean;
  /** No readings are taken. */
  refusing: boolean;
}

export interface RoomDecision {
  refuse: boolean;
  reserve: "keep" | "free" | "make";
}

const MEGABYTE = 1_000_000;
/** On a small disk neither takes more than this share. */
const MOST_SHARE = 1 / 16;
/** Readings are taken again with this much more than the floor. */
const RESUME = 1.25;
/** The reserve is freed when only this share of the floor is left. */
const NEARLY_GONE = 1 / 4;

/** The limits as they are set (in MB), on a disk of that size. */
export function roomLimits(
  set: { reserveMb: number; floorMb: number },
  totalBytes: number,
): RoomLimits {
  const most = Math.floor(totalBytes * MOST_SHARE);
  return {
    reserveBytes: Math.min(set.reserveMb * MEGABYTE, most),
    floorBytes: Math.min(set.floorMb * MEGABYTE, most),
  };
}

/** Pure: whether readings are taken and what becomes of the reserve. */
export function judgeRoom(state: RoomState, room: Room, limits: RoomLimits): RoomDecision {
  const { reserveBytes, floorBytes } = limits;
  const missing = state.held ? 0 : reserveBytes;
  const spareBytes = room.freeBytes - missing;
  const refuse = spareBytes < floorBytes * (state.refusing ? RESUME : 1);
  if (state.held && room.freeBytes < floorBytes * NEARLY_GONE) {
    return { refuse: true, reserve: "free" };
  }
  const make = !state.held && reserveBytes > 0 && spareBytes >= floorBytes * RESUME;
  return { refuse, reserve: make ? "make" : "keep" };
}
