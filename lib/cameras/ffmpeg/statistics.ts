/** Reads standard error of ffmpeg: what the pictures are like, and what it complains about. */
import type { Look } from "../picture.ts";

type Measured = Omit<Look, "atMs">;

const NAMES: Record<string, keyof Measured> = {
  YAVG: "brightness",
  YMIN: "darkest",
  YMAX: "brightest",
  YDIF: "change",
};
/** It comes after the others. */
const LAST = "YDIF";
const COMPLAINT = /\[(?:error|fatal|panic)\] /;
const LINE_CHARS_MOST = 1_000;

/**
 * Takes text bit by bit. `onLook` per picture that was measured, but the first; `onLine` for each error, cut at a thousand characters;
 * what else is in the log is passed over.
 */
export function createStatisticsReader(
  { onLook, onLine }: { onLook: (look: Measured) => void; onLine: (line: string) => void },
): { push(chunk: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder();
  let rest = "";
  let measured: Partial<Measured> = {};
  let isFirst = true;

  function take(line: string): void {
    const found = /lavfi\.signalstats\.([A-Z]+)=(-?[\d.]+)\s*$/.exec(line);
    if (found === null) {
      if (/\[info\] frame:\d+ +pts:/.test(line)) measured = {};
      else if (COMPLAINT.test(line)) onLine(line.replace(COMPLAINT, "").slice(0, LINE_CHARS_MOST));
      return;
    }
    const [, name, value] = found;
    if (NAMES[name] !== undefined) measured[NAMES[name]] = Number(value);
    if (name !== LAST) return;
    const isWhole = Object.keys(measured).length === Object.keys(NAMES).length;
    if (isWhole && !isFirst) onLook(measured as Measured);
    // The first has nothing before it that it could differ from.
    isFirst = false;
    measured = {};
  }

  return {
    push(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n|\r/);
      rest = lines.pop()!;
      for (const line of lines) take(line);
      // A line without an end.
      if (rest.length > LINE_CHARS_MOST) {
        take(rest);
        rest = "";
      }
    },
    end() {
      if (rest !== "") take(rest);
      rest = "";
    },
  };
}
