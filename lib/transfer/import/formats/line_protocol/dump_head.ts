/** The lines of a dump that hold no readings: comments, contexts, and the statements before the readings. */
import type { SeriesBook } from "./series_book.ts";

const LF = 10, SPACE = 32, QUOTE = 34, HASH = 35, EQUALS = 61, BACKSLASH = 92;

/** What a file has said before a place. */
export interface HeadState {
  /** Statements that make databases, up to `# DML`. */
  ddl: boolean;
  /** The first database that it named, and the present one. */
  first: string | null;
  database: string | null;
}

export class DumpHead {
  #state: HeadState;

  constructor(state: HeadState | null) {
    this.#state = state ?? { ddl: false, first: null, database: null };
  }

  get isInDdl(): boolean {
    return this.#state.ddl;
  }

  state(): HeadState | null {
    const { ddl, first } = this.#state;
    return ddl || first !== null ? { ...this.#state } : null;
  }

  /** Takes one such line; gives where the next one begins. */
  take(bytes: Uint8Array, at: number, end: number, book: SeriesBook): number {
    const lf = bytes.indexOf(LF, at);
    const to = lf < 0 || lf > end ? end : lf;
    const text = new TextDecoder().decode(bytes.subarray(at, Math.min(to, at + 400))).trim();
    if (text === "# DDL") this.#state.ddl = true;
    if (text === "# DML") this.#state.ddl = false;
    const [, database] = /^# CONTEXT-DATABASE: ?(.+)$/.exec(text) ?? [];
    if (database !== undefined) {
      const first = this.#state.first ?? database;
      this.#state = { ddl: false, first, database };
      book.database = database === first ? "" : database;
    }
    return to + 1;
  }
}

/**
 * Whether a text in quotes is open at the end of a line of a file: it begins right behind the `=` of a field, behind
 * the first blank that no backslash stands before.
 */
export function isOpenText(line: Uint8Array, wasOpen: boolean): boolean {
  let at = 0;
  let open = wasOpen;
  if (!open) {
    if (line[0] === HASH) return false;
    while (at < line.length && line[at] !== SPACE) at += line[at] === BACKSLASH ? 2 : 1;
  }
  for (; at < line.length; at++) {
    if (line[at] === BACKSLASH) at++;
    else if (line[at] === QUOTE) open = !open && line[at - 1] === EQUALS;
  }
  return open;
}
