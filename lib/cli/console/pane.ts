/**
 * The lines at the bottom of a terminal that are drawn again in place, while other lines (a log) go on above them.
 * Nothing of the terminal is changed for that: no second screen, no scroll region; what is left at the end stays.
 */
import type { Size } from "./screen.ts";
import type { Tty } from "./tty.ts";

export interface Pane {
  /** Draws these lines in place of those that are there. */
  show(lines: readonly string[]): void;
  /** Writes a line above them. */
  above(text: string): void;
  /** Takes them away. */
  clear(): void;
  /** The terminal has another size, and has moved what was on it: draws all of it anew. */
  redraw(lines: readonly string[]): void;
}

export function createPane(tty: Pick<Tty, "write" | "isDumb" | "size">): Pane {
  return tty.isDumb ? createPlainPane(tty) : createMovingPane(tty);
}

/** Room for the lines: the cursor stands below them. */
export const roomFor = ({ columns, rows }: Size): Size => ({
  columns,
  rows: Math.max(1, rows - 1),
});

/** Without wrapping: where a character is wider than it was taken for, its line is cut and not two. */
const unwrapped = (text: string) => `\x1b[?7l${text}\x1b[?7h`;
const up = (lines: number) => lines > 0 ? `\x1b[${lines}A\r` : "\r";

function createMovingPane({ write }: Pick<Tty, "write">): Pane {
  let shown: readonly string[] = [];
  const all = (lines: readonly string[]) => unwrapped(lines.map((line) => `${line}\r\n`).join(""));

  return {
    show(lines) {
      const same = lines.length === shown.length && lines.every((line, i) => line === shown[i]);
      if (same) return;
      const drawn = lines.map((line, i) => line === shown[i] ? "\r\n" : `\x1b[2K${line}\r\n`);
      write(up(shown.length) + unwrapped(drawn.join("") + "\x1b[J"));
      shown = [...lines];
    },
    above(text) {
      write(`${up(shown.length)}\x1b[J${text.replaceAll("\n", "\r\n")}\r\n${all(shown)}`);
    },
    clear() {
      if (shown.length > 0) write(`${up(shown.length)}\x1b[J`);
      shown = [];
    },
    redraw(lines) {
      write(`\x1b[2J\x1b[H${all(lines)}`);
      shown = [...lines];
    },
  };
}

/** Where no cursor can be moved: each change is written below the last. */
function createPlainPane({ write }: Pick<Tty, "write">): Pane {
  let shown = "";
  // A time that goes on is no change.
  const still = (lines: readonly string[]) => lines.join("\r\n").replace(/, \d+ \w+ ago$/gm, "");
  return {
    show(lines) {
      if (still(lines) === shown) return;
      shown = still(lines);
      write(`\r\n${lines.join("\r\n")}\r\n`);
    },
    above: (text) => write(`${text.replaceAll("\n", "\r\n")}\r\n`),
    clear: () => void (shown = ""),
    redraw: () => {},
  };
}
