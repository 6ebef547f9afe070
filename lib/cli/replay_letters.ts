import type { DeadLetter } from "../intake/dead_letter.ts";
import { parseLetter, type ReplayOutcome } from "../intake/replay.ts";
import { type Control, MOST_LETTERS } from "./control.ts";
import { createMarker, type ReplayMarks } from "./replay_marks.ts";

/** Characters of letters per call, so that one request stays small. */
const CALL_CHARS_MOST = 2 * 1024 * 1024;

export interface ReplayOptions {
  lines: AsyncIterable<string>;
  marks: ReplayMarks;
  /** Null: a dry run, nothing is offered and nothing is marked. */
  control: Pick<Control, "replay"> | null;
  /** Only letters at or after this time, epoch ms. */
  sinceMs?: number;
  /** Only letters of this source. */
  source?: string;
}

export interface ReplayReport {
  /** Letters in the files. */
  letters: number;
  /** Left out by `--since` or `--source`. */
  filtered: number;
  /** Stored by an earlier replay. */
  done: number;
  /** What a dry run would offer. */
  pending: number;
  stored: number;
  duplicate: number;
  /** Refused again, by code. */
  rejected: Record<string, number>;
  /** Lines that are no dead letters. */
  unreadable: number;
}

/** Offers every dead letter again that no earlier replay stored. Order of the file is kept. */
export async function replayLetters(options: ReplayOptions): Promise<ReplayReport> {
  const { marks, control } = options;
  const report: ReplayReport = {
    letters: 0,
    filtered: 0,
    done: 0,
    pending: 0,
    stored: 0,
    duplicate: 0,
    rejected: {},
    unreadable: 0,
  };
  const markOf = createMarker();
  const present = new Set<string>();
  let waiting: { mark: string; letter: DeadLetter }[] = [];
  let waitingChars = 0;

  async function flush(): Promise<void> {
    if (control === null) report.pending += waiting.length;
    else if (waiting.length > 0) {
      const outcomes = await control.replay(waiting.map((one) => one.letter));
      outcomes.forEach((outcome, i) => {
        count(report, outcome);
        if (outcome.outcome !== "rejected") marks.add(waiting[i].mark);
      });
    }
    waiting = [];
    waitingChars = 0;
  }

  try {
    for await (const line of options.lines) {
      report.letters++;
      const mark = markOf(line);
      present.add(mark);
      const letter = readLetter(line);
      if (letter === null) report.unreadable++;
      else if (marks.has(mark)) report.done++;
      else if (!chosen(letter, options)) report.filtered++;
      else {
        waiting.push({ mark, letter });
        waitingChars += line.length;
      }
      if (waiting.length === MOST_LETTERS || waitingChars >= CALL_CHARS_MOST) await flush();
    }
    await flush();
  } finally {
    if (control !== null) await marks.save(present);
  }
  return report;
}

function readLetter(line: string): DeadLetter | null {
  try {
    return parseLetter(line);
  } catch {
    return null;
  }
}

function chosen(letter: DeadLetter, { sinceMs, source }: ReplayOptions): boolean {
  if (source !== undefined && letter.source !== source) return false;
  return sinceMs === undefined || Date.parse(letter.ts) >= sinceMs;
}

function count(report: ReplayReport, outcome: ReplayOutcome): void {
  if (outcome.outcome === "rejected") {
    report.rejected[outcome.code] = (report.rejected[outcome.code] ?? 0) + 1;
  } else report[outcome.outcome]++;
}
