import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { makeFolder, removeDurably, writeDurably } from "../../base/durable_file.ts";

const faultShape = z.object({
  type: z.enum(["syntax", "contract", "runtime", "shape", "time", "memory", "output"]),
  message: z.string(),
  line: z.number().nullable(),
  column: z.number().nullable(),
});

const pauseShape = z.object({
  sinceMs: z.number(),
  /** Who paused it, or why it could not go on. */
  by: z.string(),
  /** The text that failed; null: a person paused it. */
  hash: z.string().nullable(),
  fault: faultShape.nullable(),
});
export type CodecPause = z.output<typeof pauseShape>;

const stateShape = z.object({
  /** Its filters when it was loaded last: they are its own also while it cannot be. */
  topics: z.array(z.string()),
  /** Number of the first message in its spool that is not decided on. */
  next: z.int().min(1),
  pause: pauseShape.nullable(),
});

/** What has to be known of a codec before it is loaded. */
export type CodecState = z.output<typeof stateShape>;

const END = ".state";

/** Codecs of which there is a state. */
export function codecsWithState(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.endsWith(END)).map((name) => name.slice(0, -END.length));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What was kept; where there is nothing that can be read, that of a new one. */
export async function loadCodecState(folder: string, codec: string): Promise<CodecState> {
  try {
    const read = stateShape.safeParse(JSON.parse(await Deno.readTextFile(pathOf(folder, codec))));
    if (read.success) return read.data;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof SyntaxError)) throw error;
  }
  return { topics: [], next: 1, pause: null };
}

/** Keeps the state of one codec on disk: what is written already is not written again. */
export class StateKeeper {
  #next = 1;
  #written = "";
  #writing: Promise<void> = Promise.resolve();
  #soon = false;

  constructor(
    private readonly deps: {
      folder: string;
      codec: string;
      clock: Pick<Clock, "sleep">;
      signal: AbortSignal;
      /** As it is now. */
      state(): Omit<CodecState, "next">;
      onError(error: unknown): void;
    },
  ) {}

  /** What was kept. */
  begin(state: CodecState): void {
    this.#next = state.next;
    this.#written = JSON.stringify(state);
  }

  /** Resolves when it is on disk; one after the other. @param next number of the first message not decided on */
  write(next = this.#next): Promise<void> {
    const written = this.#writing.catch(() => {}).then(async () => {
      this.#next = Math.max(this.#next, next);
      const { topics, pause } = this.deps.state();
      const state = { topics, next: this.#next, pause };
      const text = JSON.stringify(state);
      if (text === this.#written) return;
      await saveCodecState(this.deps.folder, this.deps.codec, state);
      this.#written = text;
    });
    this.#writing = written;
    return written;
  }

  /** The same in a moment: others need the disk now, and after a crash it would come to the same state again. */
  async writeSoon(): Promise<void> {
    if (this.#soon) return;
    this.#soon = true;
    await this.deps.clock.sleep(SOON_MS, this.deps.signal).catch(() => {});
    this.#soon = false;
    await this.write().catch((error) => this.deps.onError(error));
  }
}

const SOON_MS = 1_000;

export async function saveCodecState(
  folder: string,
  codec: string,
  state: CodecState,
): Promise<void> {
  await makeFolder(folder);
  await writeDurably(pathOf(folder, codec), new TextEncoder().encode(JSON.stringify(state)));
}

export function forgetCodecState(folder: string, codec: string): Promise<void> {
  return removeDurably(pathOf(folder, codec));
}

function pathOf(folder: string, codec: string): string {
  return join(folder, `${codec}${END}`);
}
