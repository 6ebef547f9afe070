/** What this room knows of the site: plain data that the app gathers when it is asked for. */
import type { FaultSeverity } from "../words/fault.ts";
import type { Severity } from "../words/severity.ts";

/** Everything that analyses and the chat are made from, as it is at one moment. */
export interface SiteFacts {
  nowMs: number;
  zone: string;
  /** What this Perch is called. */
  site: string;
  machines: readonly MachineFact[];
  sensors: readonly SensorFact[];
  /** Open ones, newest first. */
  alarms: readonly AlarmFact[];
  /** Of Perch itself, the worst first. */
  faults: readonly FaultFact[];
  outlooks: readonly OutlookFact[];
  /** Parts of Perch and programs that report to it, which are not well. */
  parts: readonly PartFact[];
  host: HostFact | null;
  today: TodayFacts;
}

type Status = "normal" | "warning" | "critical" | "offline" | "maintenance";

export interface MachineFact {
  path: string;
  title: string;
  status: Status;
  sinceMs: number;
}

export interface SensorFact {
  id: string;
  /** Full name. */
  name: string;
  /** What people call it, without its machine. */
  title: string;
  machine: string;
  machineTitle: string;
  unit: string | null;
  decimals: number | null;
  /** Null: it never reported. */
  value: number | string | null;
  tMs: number | null;
  status: Exclude<Status, "maintenance">;
  /** Since when it has its status. */
  sinceMs: number;
  /** What its values usually are; null: not known. */
  usual: { low: number; high: number } | null;
  limits: {
    warningLow: number | null;
    warningHigh: number | null;
    criticalLow: number | null;
    criticalHigh: number | null;
  };
}

export interface AlarmFact {
  id: string;
  severity: Severity;
  title: string;
  machine: string | null;
  machineTitle: string | null;
  /** Full name. */
  sensor: string | null;
  source: string;
  sinceMs: number;
  count: number;
  /** Nobody has acknowledged or shelved it. */
  waits: boolean;
}

export interface FaultFact {
  id: number;
  severity: FaultSeverity;
  component: string;
  message: string;
  /** `codecs/pump.js:12`. */
  place: string | null;
  n: number;
  sinceMs: number;
}

export interface OutlookFact {
  machine: string;
  machineTitle: string;
  class: "normal" | "warning" | "critical";
  summary: string;
  action: string;
  /** When a limit will probably be reached; null: not known. */
  life: {
    sensorTitle: string;
    unit: string | null;
    limit: number;
    remainingMs: number;
    lowMs: number;
    highMs: number | null;
  } | null;
}

export interface PartFact {
  name: string;
  health: "degraded" | "error";
  detail: string;
  /** Another program, which reports. */
  reported: boolean;
}

export interface HostFact {
  status: "fine" | "busy" | "warning" | "critical" | "unknown";
  sentence: string;
  problems: readonly { severity: Severity; text: string }[];
}

export interface TodayFacts {
  fromMs: number;
  readings: number;
  alarms: number;
  /** By type, with a sentence for people. */
  events: readonly { type: string; about: string; n: number }[];
  /** The latest that are warnings or worse, newest first. */
  latest: readonly { tMs: number; severity: Severity; text: string }[];
}
