/** Groups of files, each judged at the threshold that is best on all others. */
import { events, firstLiveOf, type Profile, PROFILES, rawAt, type Scored } from "./folds.ts";

/** A file as the detector judged it with one threshold. */
export interface Played extends Scored {
  set: string;
  group: string;
  /** Its length. */
  days: number;
}

export interface Round {
  threshold: number;
  played: readonly Played[];
}

/** The threshold that is shipped. */
const FIXED = 0.5;

interface Raw {
  set: string;
  group: string;
  raw: number;
  /** Between finding nothing and finding all at once. */
  range: number;
}

function rawOf({ scores, windows, set, group }: Played, threshold: number, profile: Profile): Raw {
  const found = events({ scores, windows }, profile);
  const { tp, fn } = PROFILES[profile];
  return {
    set,
    group,
    raw: rawAt(found.events, threshold),
    range: tp * windows.length + fn * found.live,
  };
}

/** 0: as who finds nothing, 100: all at once and nothing else. NaN: there is nothing to find. */
function scoreOf(files: readonly Raw[]): number {
  const range = files.reduce((sum, file) => sum + file.range, 0);
  return range === 0 ? NaN : 100 * files.reduce((sum, file) => sum + file.raw, 0) / range;
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Each set counts the same, however many files it has. */
function meanOfSets(files: readonly Raw[]): number {
  const sets = [...new Set(files.map(({ set }) => set))];
  return mean(
    sets.map((name) => scoreOf(files.filter(({ set }) => set === name)))
      .filter((score) => !Number.isNaN(score)),
  );
}

/** False alarms per day of files without an anomaly, past the rows for learning. */
function falsePerDay(played: readonly Played[], threshold: number): number {
  let found = 0, days = 0;
  for (const { scores, windows, days: length } of played) {
    if (windows.length > 0) continue;
    const live = scores.subarray(firstLiveOf(scores.length));
    days += length * live.length / scores.length;
    found += live.reduce((sum, score) => sum + (score >= threshold ? 1 : 0), 0);
  }
  return found / days;
}

/**
 * By set: the score at the fixed threshold, and over its groups the mean and the worst of what each reached at the
 * threshold that was best on everything else; a set of one group is left out as a whole.
 */
export function judgeGroups(rounds: readonly Round[]): Record<string, number> {
  const figures: Record<string, number> = {};
  const fixed = rounds.findIndex(({ threshold }) => threshold === FIXED);
  for (const profile of Object.keys(PROFILES) as Profile[]) {
    const raws = rounds.map(({ threshold, played }) =>
      played.map((file) => rawOf(file, threshold, profile))
    );
    for (const set of new Set(raws[0].map((file) => file.set))) {
      const of = raws[fixed].filter((file) => file.set === set);
      const leftOut = [...new Set(of.map(({ group }) => group))].map((group) => {
        const others = raws.map((files) => meanOfSets(files.filter((f) => f.group !== group)));
        const best = others.indexOf(Math.max(...others));
        return scoreOf(raws[best].filter((file) => file.group === group));
      }).filter((score) => !Number.isNaN(score));
      figures[`${set}_${profile}`] = scoreOf(of);
      figures[`${set}_${profile}_left_out`] = mean(leftOut);
      figures[`${set}_${profile}_worst`] = Math.min(...leftOut);
    }
  }
  const made = rounds[fixed].played.filter(({ set }) => set === "made");
  figures.false_alarms_per_sensor_day = falsePerDay(made, FIXED);
  for (const group of new Set(made.map((file) => file.group))) {
    figures[`false_alarms_${group.slice("made ".length)}`] = falsePerDay(
      made.filter((file) => file.group === group),
      FIXED,
    );
  }
  return figures;
}
