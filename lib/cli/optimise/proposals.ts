/** Which changes would make this host's work less, and whether they are worth it: pure, from what was measured. */
import type { BackupSchedule } from "../../settings/registry/backup.ts";
import { bytes, number } from "../../words/numbers.ts";
import { DAY_MS } from "../../words/times.ts";

/** What a change saves. */
export type Saves = "card" | "cpu";
/** What `before` and `after` count. */
const UNITS = { card: "bytes a day", cpu: "share of a core" } as const;

/** A change, with what was measured before and after it. */
export interface Proposal {
  /** A setting, or a variable of the environment. */
  name: string;
  kind: "setting" | "environment";
  now: unknown;
  /** The value that is proposed. */
  then: unknown;
  saves: Saves;
  unit: typeof UNITS[Saves];
  before: number;
  after: number;
  /** How the figures came about. */
  how: string;
  /** What the change costs. */
  price: string;
  worth: boolean;
}

/** Something that is not proposed, and why. */
export interface Skipped {
  name: string;
  why: string;
}

/** How readings come in. */
export interface Flow {
  readingsPerS: number;
  /** Of this Perch; null: they are not known, and it commits as often as its interval lets it. */
  commitsPerS: number | null;
  /** Where the figures come from, for people. */
  from: string;
}

export const COMMIT_MS = 250;
export const SAMPLE_S = 60;
/** Less is not worth a change. */
const LEAST: Record<Saves, number> = { card: 10_000_000, cpu: 0.002 };
const LEAST_SHARE = 0.2;
const DAY_S = DAY_MS / 1000;

/**
 * Whether a saving is more than what differs from day to day; `times`: how many times as much a change has to save
 * that takes something away.
 */
export function isWorth(
  { saves, before, after }: Pick<Proposal, "saves" | "before" | "after">,
  times = 1,
): boolean {
  const gain = before - after;
  return gain >= times * LEAST[saves] && gain >= LEAST_SHARE * before;
}

/** Commits a second and readings in each, at a commit interval. */
export function commitsAt(intervalMs: number, { readingsPerS, commitsPerS }: Flow) {
  const most = intervalMs === 0 ? Infinity : 1000 / intervalMs;
  const perS = Math.min(commitsPerS ?? readingsPerS, readingsPerS, most);
  return { perS, readings: perS === 0 ? 0 : Math.max(1, Math.round(readingsPerS / perS)) };
}

/** Fewer and larger commits; `perCommit` is what one of each kind wrote. */
export function commitProposal(
  nowMs: number,
  flow: Flow,
  perCommit: { before: number; after: number },
): Proposal {
  const before = commitsAt(nowMs, flow).perS * perCommit.before * DAY_S;
  const after = commitsAt(COMMIT_MS, flow).perS * perCommit.after * DAY_S;
  return judged({
    name: "COMMIT_INTERVAL_MS",
    kind: "environment",
    now: nowMs,
    then: COMMIT_MS,
    saves: "card",
    before,
    after,
    how: `commits into a scratch database on this disk, of as many readings as with ${
      number(flow.readingsPerS)
    } readings a second (${flow.from})`,
    price: `readings are shown and acknowledged up to ${COMMIT_MS} ms after they came`,
  });
}

/** Looking at the host less often; `sampleMs` is the CPU time of one look. */
export function sampleProposal(nowS: number, sampleMs: number): Proposal {
  return judged({
    name: "host.sample_s",
    kind: "setting",
    now: nowS,
    then: SAMPLE_S,
    saves: "cpu",
    before: sampleMs / (nowS * 1000),
    after: sampleMs / (SAMPLE_S * 1000),
    how: `CPU time of a look at this host: ${number(sampleMs)} ms`,
    price: "what lasts less than a minute (heat, full memory) may not be seen",
  });
}

/** Minutes of a day, and those in which the host's readings are committed when nothing else is. */
const MINUTES = 1_440;
const QUIET_COMMITS = MINUTES / 10;

/** How often a day the host's readings are committed: in minutes in which others are, else every ten minutes. */
export const historyCommits = ({ readingsPerS }: Flow) =>
  Math.round(Math.min(MINUTES, Math.max(QUIET_COMMITS, readingsPerS * DAY_S)));

/** No history of the host; `perCommit` is what one minute of it wrote. */
export function historyProposal(flow: Flow, perCommit: number): Proposal {
  return judged({
    name: "host.history",
    kind: "setting",
    now: true,
    then: false,
    saves: "card",
    before: historyCommits(flow) * perCommit,
    after: 0,
    how: `commits of as many readings into a scratch database on this disk, ${
      historyCommits(flow)
    } a day`,
    price: "no charts, limits and alarms of this host: heat and a full disk are noticed later",
  }, 10);
}

/** Daily backups instead of six-hourly ones; `written` is what making one wrote. */
export function backupProposal(every: BackupSchedule, backupBytes: number): Proposal {
  const perDay: Record<BackupSchedule, number> = {
    off: 0,
    "six-hourly": 4,
    daily: 1,
    weekly: 1 / 7,
  };
  return judged({
    name: "backup.schedule",
    kind: "setting",
    now: every,
    then: "daily",
    saves: "card",
    before: perDay[every] * backupBytes,
    after: perDay.daily * backupBytes,
    how: `size of the newest backup and of what it unpacks to for its check: ${bytes(backupBytes)}`,
    price:
      "a failed card takes up to a day with it instead of six hours, unless backups are fetched",
  });
}

function judged(proposal: Omit<Proposal, "worth" | "unit">, times = 1): Proposal {
  return { ...proposal, unit: UNITS[proposal.saves], worth: isWorth(proposal, times) };
}

/** Before and after as people read them. */
export function figuresOf(
  { saves, before, after }: Pick<Proposal, "saves" | "before" | "after">,
): string {
  const text = (value: number) =>
    saves === "card" ? `${bytes(Math.round(value))} a day` : `${number(value * 100)} % of a core`;
  return `${text(before)} → ${text(after)}`;
}
