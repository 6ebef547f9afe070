/**
 * Rules about Perch itself. Each judges the facts of the moment; what cannot be known yet is null and is
 * not judged. **A new rule** is an entry in `SYSTEM_RULES` and, where needed, a field in `SystemFacts`. What there
 * may be several of (programs, sources) is judged one by one, so that each has an alarm of its own.
 * One table: it is as long as there are rules, and stays in one file.
 */
import type { ClockDoubt } from "../base/trusted_time.ts";
import { CAMERA_TROUBLES, type CameraState } from "../words/cameras.ts";
import { bytes, plain } from "../words/numbers.ts";
import type { Severity } from "../words/severity.ts";
import { span } from "../words/times.ts";

/** How Perch is doing, as the app reports it. Null: not known (yet). */
export interface SystemFacts {
  /** Deliveries that wait to be sent. */
  outboxQueued: number | null;
  /** Deliveries that were given up and that nobody has looked at. */
  deliveriesFailed: number | null;
  /** Of the last hour. */
  deliveryTries: { tries: number; successes: number } | null;
  /** Sources by name: connected or listening, or what is wrong. */
  sources: readonly { name: string; ok: boolean; detail: string }[];
  /** Share of the data disk in use, 0…1. */
  diskUsed: number | null;
  /** Why the host's clock is not followed, its time and Perch's, and how much of deletion by age is put off. */
  clock: { doubt: ClockDoubt; hostMs: number; nowMs: number; waitingMs: number };
  /** What is wrong with the backups: the last one failed, or is older than it may be. Null: nothing. */
  backup: { text: string; ageMs: number | null; mostMs: number | null } | null;
  /** Why nothing can be stored; null: it can. */
  storageFailing: string | null;
  /** What will stop the storing before long, or needs a person; null: all is well. */
  storageAtRisk: string | null;
  /** Why nothing gets to the history server; null: it does, or there is none. */
  history: string | null;
  /** What waits for it and why that needs a person; `away`: it has been away for a day. */
  historyBacklog: { text: string; away: boolean } | null;
  /** What was acknowledged and could not be read at the start; null: nothing. */
  cut: string | null;
  /** Readings of new sensors that were refused this hour, because the most new ones were reached. */
  refusedNew: number | null;
  /** Messages that ended Perch and were set aside, and where the latest came from. */
  quarantine: { count: number; latest: string | null } | null;
  /** Messages that were refused as a whole, and of which something was taken, in the last minutes. */
  intake: { rejected: number; taken: number } | null;
  /** Readings that wait to be judged, and whether detection reads behind. */
  detection: { behind: boolean; queued: number } | null;
  /** Other programs as they report. */
  programs: readonly ProgramFacts[];
  cameras: readonly CameraFacts[];
  /** Probes that are down and have an alarm; null: not known yet. */
  probes: readonly ProbeFacts[] | null;
  /** Sites that forward to this Perch: why one is not heard, or who else says to be it. */
  sites: readonly { name: string; silent: string | null; clash: string | null }[];
  /** Alarms that are open there, by `<site>/<id there>`. */
  siteAlarms: readonly (Wrong & { name: string })[];
  /** The host that Perch runs on; null: nobody looks at it. */
  host: {
    /** What its supply or the heat does, in words. */
    power: string | null;
    /** The disk with the data is mounted read-only. */
    readOnly: boolean;
    /** Programs of Perch that the system ended for want of memory within the last hour. */
    kills: number;
    /** Bytes a day to its disk, where they have doubled against the usual. */
    doubledWrites: { day: number; usual: number } | null;
    /** Its disk is a sensor with limits of its own. */
    disk: boolean;
  } | null;
}

/** How another program says it is doing; a number that it did not give is null. */
export interface ProgramFacts {
  name: string;
  state: "online" | "degraded" | "error" | "offline";
  detail: string;
  queue: number | null;
  failed: number | null;
  tries: number | null;
  successes: number | null;
}

/** How a camera is. */
export interface CameraFacts {
  name: string;
  state: CameraState;
  /** How long it has been so. */
  lastingMs: number;
  /** In a row, and how many are a warning and critical. */
  failures: number;
  warningAfter: number;
  criticalAfter: number;
  /** Why there are no pictures, a sentence; null: not known. */
  why: string | null;
}

/** A probe that is down. */
export interface ProbeFacts {
  /** Its id: it may be renamed while it is down. */
  name: string;
  severity: Severity;
  /** Path of its machine. */
  machine: string;
  /** What it is called and why it is down. */
  text: string;
}

/** Something that is wrong: one alarm. */
export interface Wrong {
  severity: Severity;
  text: string;
  value: number | null;
  limit: number | null;
  /** Path of the machine that it is about; left out: Perch itself. */
  machine?: string | null;
  /** Since when, epoch ms, where that is known; left out: since it is seen. */
  sinceMs?: number;
}

/** All is well, what is wrong, or what is wrong by the name of each that there may be several of. */
export type Judgement = "well" | Wrong | ReadonlyMap<string, Wrong>;

export interface SystemRule {
  key: string;
  title: string;
  /** Null: cannot be judged; the last judgement stands. */
  judge(facts: SystemFacts): Judgement | null;
}

const QUEUE_MOST = 50;
const FAILED_MOST = 10;
const TRIES_LEAST = 10;
const SUCCESS_LEAST = 0.8;
const DISK_WARNING = 0.9;
const DISK_CRITICAL = 0.95;
const JUMP_MS = 86_400_000;
/** A plant that is switched off over a long weekend is no reason to warn. */
const JUMP_WARNING_MS = 7 * JUMP_MS;
const REJECTED_LEAST = 20;
const REJECTED_MOST = 0.05;

/** A camera that is started again is left alone for this long. */
const CAMERA_GRACE_MS = 60_000;
const CAMERA_ADVICE: Readonly<Partial<Record<CameraState, string>>> = {
  frozen: "see whether anything moves there; if not, give it more time until it counts as frozen",
  black: "see whether it is dark there, or its lens is covered",
  covered: "see whether something is in front of its lens",
  lost: "see to its power and its network, or switch it off and on",
};

const iso = (tMs: number) => new Date(tMs).toISOString().replace(/\.\d+Z$/, "Z");
const percent = (share: number) => `${plain(Math.round(share * 1000) / 10)} %`;

/** Wrong above a limit. */
function above(
  value: number | null,
  limit: number,
  severity: Severity,
  text: (value: number) => string,
): Judgement | null {
  if (value === null) return null;
  return value > limit ? { severity, text: text(value), value, limit } : "well";
}

/** Wrong while there is a sentence about it. */
function sentence(text: string | null, severity: Severity): Judgement {
  return standing(text, severity) ?? "well";
}

function standing(text: string | null, severity: Severity): Wrong | null {
  return text === null ? null : { severity, text, value: null, limit: null };
}

/** What is wrong of each; null: it is well. */
function each<T extends { name: string }>(
  all: readonly T[],
  wrongOf: (one: T) => Wrong | null,
): ReadonlyMap<string, Wrong> {
  const found = all.map((one) => [one.name, wrongOf(one)] as const);
  return new Map(found.filter((one): one is [string, Wrong] => one[1] !== null));
}

/** A program is wrong above a limit of its own numbers. */
function programsAbove(
  number: "queue" | "failed",
  limit: number,
  text: (value: number, name: string) => string,
): SystemRule["judge"] {
  return ({ programs }) =>
    each(programs, (program) => {
      const value = program[number];
      if (value === null || value <= limit) return null;
      return { severity: "warning", text: text(value, program.name), value, limit };
    });
}

/** Null: all is well, or may be by itself before long. A frozen picture may be a quiet scene. */
function cameraTrouble(camera: CameraFacts): Wrong | null {
  const { name, state, failures, warningAfter, criticalAfter, why } = camera;
  const trouble = CAMERA_TROUBLES[state];
  if (trouble === null) return null;
  if (camera.lastingMs < CAMERA_GRACE_MS && failures < warningAfter) return null;
  const critical = state !== "frozen" && failures >= criticalAfter;
  const because = state !== "lost" || why === null ? "" : `: ${why.replace(/[.?]$/, "")}`;
  return {
    severity: critical ? "critical" : "warning",
    text: `the camera ${name} ${trouble}${because}; ${CAMERA_ADVICE[state]}`,
    value: failures,
    limit: critical ? criticalAfter : warningAfter,
  };
}

export const SYSTEM_RULES: readonly SystemRule[] = [
  {
    key: "outbox-queue",
    title: "Deliveries wait",
    judge: ({ outboxQueued }) =>
      above(
        outboxQueued,
        QUEUE_MOST,
        "warning",
        (n) => `${n} deliveries wait to be sent, more than ${QUEUE_MOST}`,
      ),
  },
  {
    key: "deliveries-failed",
    title: "Deliveries failed",
    judge: ({ deliveriesFailed }) =>
      above(
        deliveriesFailed,
        FAILED_MOST,
        "warning",
        (n) => `${n} deliveries could not be sent and were given up`,
      ),
  },
  {
    key: "delivery-success",
    title: "Deliveries succeed too rarely",
    judge({ deliveryTries }) {
      if (deliveryTries === null) return null;
      const { tries, successes } = deliveryTries;
      if (tries <= TRIES_LEAST) return "well";
      const share = successes / tries;
      if (share >= SUCCESS_LEAST) return "well";
      return {
        severity: "warning",
        text: `only ${percent(share)} of ${tries} tries to deliver in the last hour succeeded`,
        value: share,
        limit: SUCCESS_LEAST,
      };
    },
  },
  {
    key: "source",
    title: "A source is not connected",
    judge: ({ sources }) =>
      each(sources, ({ name, ok, detail }) =>
        ok ? null : {
          severity: "critical",
          text: `the source ${name} does not work: ${detail}`,
          value: null,
          limit: null,
        }),
  },
  {
    key: "disk",
    title: "The disk fills up",
    judge({ diskUsed, host }) {
      if (host?.disk) return "well";
      if (diskUsed === null) return null;
      if (diskUsed < DISK_WARNING) return "well";
      const critical = diskUsed >= DISK_CRITICAL;
      return {
        severity: critical ? "critical" : "warning",
        text: `the data disk is ${percent(diskUsed)} full`,
        value: diskUsed,
        limit: critical ? DISK_CRITICAL : DISK_WARNING,
      };
    },
  },
  {
    key: "clock",
    title: "The clock is wrong",
    judge({ clock: { doubt, hostMs, nowMs } }) {
      if (doubt === null) return "well";
      const cause = {
        implausible: "which cannot be right",
        behind: "far behind its earlier time",
        ahead: "more than a year ahead of its earlier time",
      }[doubt];
      return {
        severity: "warning",
        text: `the clock of this host says ${iso(hostMs)}, ${cause}; Perch continues from ` +
          `${
            iso(nowMs)
          } and marks what comes without a time. Set the clock, or confirm it on the ` +
          `page Sources`,
        value: null,
        limit: null,
      };
    },
  },
  {
    key: "clock-jump",
    title: "The clock jumped ahead",
    judge({ clock: { doubt, waitingMs } }) {
      if (doubt !== null || waitingMs <= JUMP_MS) return "well";
      return {
        severity: waitingMs > JUMP_WARNING_MS ? "warning" : "info",
        text: `the clock of this host is ${span(waitingMs)} ahead of the time that passed ` +
          `while Perch ran; deletion by age is paused and catches up one day per day. If the clock ` +
          `is right, confirm it on the page Sources`,
        value: waitingMs,
        limit: JUMP_MS,
      };
    },
  },
  {
    key: "backup",
    title: "There is no fresh backup",
    judge: ({ backup }) =>
      backup === null ? "well" : {
        severity: "warning",
        text: backup.text,
        value: backup.ageMs,
        limit: backup.mostMs,
      },
  },
  {
    key: "storage",
    title: "Readings cannot be stored",
    judge: ({ storageFailing }) => sentence(storageFailing, "critical"),
  },
  {
    key: "storage-risk",
    title: "Storage is not well",
    judge: ({ storageAtRisk }) => sentence(storageAtRisk, "warning"),
  },
  {
    key: "history",
    title: "The history server gets nothing",
    judge: ({ history }) => sentence(history, "warning"),
  },
  {
    key: "history-backlog",
    title: "Readings pile up for the history server",
    judge: ({ historyBacklog: found }) =>
      sentence(found?.text ?? null, found?.away ? "critical" : "warning"),
  },
  {
    key: "cut",
    title: "Stored readings were lost to damage",
    judge: ({ cut }) => sentence(cut, "critical"),
  },
  {
    key: "rejected",
    title: "Many messages are refused",
    judge({ intake }) {
      if (intake === null) return null;
      const { rejected, taken } = intake;
      const share = rejected / Math.max(1, rejected + taken);
      if (rejected < REJECTED_LEAST || share <= REJECTED_MOST) return "well";
      return {
        severity: "warning",
        text: `${percent(share)} of the messages were refused (${rejected} of ${rejected + taken})`,
        value: share,
        limit: REJECTED_MOST,
      };
    },
  },
  {
    key: "sensor-cap",
    title: "Too many new sensors",
    judge: ({ refusedNew }) =>
      above(
        refusedNew,
        0,
        "warning",
        (n) =>
          `the hourly limit for new sensors is reached; ${n} readings from further new sensors were refused; ` +
          "the setting intake.new_sensors_per_hour is the limit",
      ),
  },
  {
    key: "quarantine",
    title: "A message ended Perch and was set aside",
    judge({ quarantine }) {
      if (quarantine === null) return null;
      const { count, latest } = quarantine;
      if (count === 0) return "well";
      const from = latest === null ? "" : `, the latest from ${latest.slice(0, 200)}`;
      return {
        severity: "warning",
        text: `${count} ${count === 1 ? "message" : "messages"} crashed Perch repeatedly; ` +
          `they are in the folder quarantine of its data${from}; after an update, perch replay ` +
          "--quarantined reads them in; delete the files there to clear this alarm",
        value: count,
        limit: 0,
      };
    },
  },
  {
    key: "detection",
    title: "Detection is behind",
    judge({ detection }) {
      if (detection === null) return null;
      return detection.behind
        ? {
          severity: "warning",
          text: "detection cannot keep up: alarms from readings come late",
          value: detection.queued,
          limit: null,
        }
        : "well";
    },
  },
  {
    key: "program-state",
    title: "Another program does not work",
    judge: ({ programs }) =>
      each(programs, ({ name, state, detail }) => {
        if (state !== "error" && state !== "offline") return null;
        const what = state === "error" ? "reports an error" : "is offline";
        const why = detail === "" ? "" : `: ${detail.slice(0, 200).toWellFormed()}`;
        return { severity: "warning", text: `${name} ${what}${why}`, value: null, limit: null };
      }),
  },
  {
    key: "program-queue",
    title: "Too much waits at another program",
    judge: programsAbove(
      "queue",
      QUEUE_MOST,
      (n, name) => `${n} wait at ${name}, more than ${QUEUE_MOST}`,
    ),
  },
  {
    key: "program-failed",
    title: "Another program gave up too often",
    judge: programsAbove(
      "failed",
      FAILED_MOST,
      (n, name) => `${n} failed at ${name} and were given up, more than ${FAILED_MOST}`,
    ),
  },
  {
    key: "program-success",
    title: "Another program succeeds too rarely",
    judge: ({ programs }) =>
      each(programs, ({ name, tries, successes }) => {
        if (tries === null || successes === null || tries <= TRIES_LEAST) return null;
        const share = successes / tries;
        if (share >= SUCCESS_LEAST) return null;
        return {
          severity: "warning",
          text: `only ${percent(share)} of ${tries} tries of ${name} succeeded`,
          value: share,
          limit: SUCCESS_LEAST,
        };
      }),
  },
  {
    key: "camera",
    title: "A camera gives no good pictures",
    judge: ({ cameras }) => each(cameras, cameraTrouble),
  },
  {
    key: "probe",
    title: "A probe is down",
    judge: ({ probes }) =>
      probes && each(probes, ({ severity, machine, text }) => ({
        ...{ severity, machine, text },
        value: null,
        limit: null,
      })),
  },
  {
    key: "site-silent",
    title: "A site is silent",
    judge: ({ sites }) => each(sites, ({ silent }) => standing(silent, "warning")),
  },
  {
    key: "site-clash",
    title: "Two programs say that they are the same site",
    judge: ({ sites }) => each(sites, ({ clash }) => standing(clash, "critical")),
  },
  {
    key: "site-alarm",
    title: "An alarm of a site",
    judge: ({ siteAlarms }) => each(siteAlarms, (wrong) => wrong),
  },
  {
    key: "host-power",
    title: "The power supply or the heat slows this host down",
    judge: ({ host }) => host === null ? null : sentence(host.power, "warning"),
  },
  {
    key: "host-read-only",
    title: "The disk is read-only",
    judge: ({ host }) =>
      host === null ? null : sentence(
        host.readOnly
          ? "the disk with Perch's data is mounted read-only, as a failing card is; make a backup " +
            "elsewhere and replace it"
          : null,
        "critical",
      ),
  },
  {
    key: "host-memory",
    title: "The memory was used up",
    judge: ({ host }) =>
      above(
        host?.kills ?? null,
        0,
        "warning",
        (n) =>
          `the system ended ${n === 1 ? "a program" : `${n} programs`} of Perch within the ` +
          "last hour, because the memory was used up",
      ),
  },
  {
    key: "card-writes",
    title: "More is written to the card than usual",
    judge({ host }) {
      if (host === null) return null;
      if (host.doubledWrites === null) return "well";
      const { day, usual } = host.doubledWrites;
      return {
        severity: "warning",
        text: `${bytes(day)} were written to the disk of this host in 24 hours, at least twice ` +
          `the usual ${bytes(usual)} a day; the page This host shows how much of it Perch wrote`,
        value: day,
        limit: 2 * usual,
      };
    },
  },
];
