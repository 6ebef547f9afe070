/*
 * DESIGN: a file of fixed size, a line of 64 bytes for each large message that is being read. A process that is
 * killed or runs out of memory leaves its lines behind, because what was written is with the operating
 * system then; no fsync is needed, for a power cut is not a message's doing (and is recognised by the id of the
 * boot in the first line). Nothing is allocated on the disk while messages come.
 */

/** A message, as far as the file knows it. */
export interface Noted {
  /** Hash of topic and payload, 32 hexadecimal digits. */
  id: string;
  /** How often the process ended while it was being read. */
  ends: number;
  /** How many copies of it are being read. */
  inFlight: number;
}

const WIDTH = 64;
const SLOTS = 32;
const LINE = /^([0-9a-f]{32}) ([fs]) (\d)$/;

export interface InFlightNotes {
  find(id: string): Noted | undefined;
  all(): Noted[];
  /** Notes a message that is about to be read; undefined when there is no place for it. */
  begin(id: string): Noted | undefined;
  /** One copy of it was read to its end. */
  end(noted: Noted): void;
  /** Forgets a message. */
  clear(noted: Noted): void;
  close(): void;
}

/**
 * Opens the file, makes it when it is not there, and counts for each message in it whether the process ended
 * meanwhile. Errors go to `onError` once; nothing is noted then.
 * @param boot what differs after a restart of the host
 */
export function openInFlightNotes(
  path: string,
  boot: string,
  onError: (error: unknown) => void,
): InFlightNotes {
  const slots: (Noted | null)[] = new Array(SLOTS).fill(null);
  let file: Deno.FsFile | null = null;

  function write(at: number, text: string): void {
    if (file === null) return;
    try {
      file.seekSync(at * WIDTH, Deno.SeekMode.Start);
      file.writeSync(new TextEncoder().encode(text.slice(0, WIDTH - 1).padEnd(WIDTH - 1) + "\n"));
    } catch (error) {
      file.close();
      file = null;
      onError(error);
    }
  }

  function save(noted: Noted): void {
    const at = slots.indexOf(noted);
    if (at >= 0) write(at + 1, `${noted.id} ${noted.inFlight > 0 ? "f" : "s"} ${noted.ends}`);
  }

  function clear(noted: Noted): void {
    const at = slots.indexOf(noted);
    if (at < 0) return;
    slots[at] = null;
    write(at + 1, "");
  }

  try {
    const found = leftBehind(path, boot);
    file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
    write(0, `Large messages being read. Boot ${boot}`);
    for (let i = 0; i < SLOTS; i++) write(i + 1, "");
    for (const [i, noted] of found.entries()) {
      slots[i] = noted;
      save(noted);
    }
  } catch (error) {
    onError(error);
  }

  return {
    find: (id) => slots.find((noted) => noted?.id === id) ?? undefined,
    all: () => slots.filter((noted) => noted !== null),
    begin(id) {
      let noted = slots.find((one) => one?.id === id) ?? undefined;
      if (noted === undefined) {
        let at = slots.indexOf(null);
        // A message of long ago that never came again makes room.
        if (at < 0) at = slots.findIndex((one) => one!.inFlight === 0);
        if (at < 0) return undefined;
        slots[at] = noted = { id, ends: 0, inFlight: 0 };
      }
      if (noted.inFlight++ === 0) save(noted);
      return noted;
    },
    end(noted) {
      if (--noted.inFlight === 0) clear(noted);
    },
    clear,
    close() {
      file?.close();
      file = null;
    },
  };
}

function leftBehind(path: string, boot: string): Noted[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const [first, ...lines] = text.slice(0, WIDTH * (SLOTS + 1)).split("\n");
  const sameBoot = first.trimEnd().endsWith(`Boot ${boot}`.slice(0, WIDTH - 1));
  const found: Noted[] = [];
  for (const line of lines) {
    const match = LINE.exec(line.trimEnd());
    if (match === null) continue;
    const [, id, state, ends] = match;
    const counted = Number(ends) + (state === "f" && sameBoot ? 1 : 0);
    if (counted > 0) found.push({ id, ends: Math.min(9, counted), inFlight: 0 });
  }
  return found;
}
