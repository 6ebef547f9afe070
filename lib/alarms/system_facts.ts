import type { ClockDoubt } from "../base/trusted_time.ts";
import type { CameraState } from "../words/cameras.ts";
import type { Severity } from "../words/severity.ts";

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
