/** What the parts of this room hand each other. */
import type { Verdict } from "../../words/verdict.ts";
import type { MachineClass } from "../forest/explain.ts";
import type { Range } from "../forest/machine.ts";

/** A stored model without its bytes. */
export interface ModelInfo {
  id: number;
  machine: string;
  /** 1, 2, … per machine. */
  version: number;
  createdMs: number;
  /** Full names of the sensors, in the order of the columns. */
  sensors: string[];
  /** Time between rows. */
  stepMs: number;
  /** History it was trained on. */
  fromMs: number;
  toMs: number;
  rows: number;
  trainMs: number;
  bytes: number;
  /** What was left out of training and why, for people. */
  notes: string[];
}

/** A sensor's part in a prediction, in its own unit. */
export interface SensorShare extends Range {
  name: string;
  value: number;
  /** 0…1, all together 1, or all 0 when nothing is unusual. */
  contribution: number;
  outside: boolean;
}

/** A feature's part; see `FEATURES` for what each means. */
export interface FeatureShare extends SensorShare {
  about: string;
  /** Full name of the sensor that made it; null: all of them. */
  sensor: string | null;
}

/** Remaining useful life as it is stored: times in ms, null for "without end". */
export type LifeNote = TrendNote | FleetNote;

/** By the trend towards a limit. */
export type TrendNote =
  | { known: false; text: string }
  | {
    known: true;
    text: string;
    /** Full name of the sensor that reaches its limit first. */
    sensor: string;
    limit: number;
    remainingMs: number;
    lowMs: number;
    highMs: number | null;
    /** Since when that limit is crossed; null or absent: it is not. */
    crossedMs?: number | null;
    confidence: number;
  };

/** As machines of the same kind that failed say. */
export interface FleetNote {
  known: true;
  text: string;
  /** How many machines those are. */
  machines: number;
  remainingMs: number;
  lowMs: number;
  highMs: number | null;
  confidence: number;
}

/** What is said about a machine at one moment. */
export interface Outlook {
  machine: string;
  tMs: number;
  class: MachineClass;
  /** 0…1; 0.5 is where a warning begins, 2/3 where critical does. */
  score: number;
  confidence: number;
  action: string;
  summary: string;
  /** `rules` until a model is ready. */
  source: "model" | "rules";
  modelVersion: number | null;
  life: LifeNote;
  sensors: SensorShare[];
  features: FeatureShare[];
  /** How far the usual place of the model's sensors has gone since training; kept over a restart. */
  shift?: readonly number[];
}

/** An outlook that was stored. */
export interface StoredOutlook extends Outlook {
  id: number;
  /** What a person said of it last; null while nobody did. */
  verdict: Verdict | null;
}

/** A stored outlook without the parts of its sensors and features. */
export type BriefOutlook = Omit<StoredOutlook, "sensors" | "features" | "shift">;

export interface LogRow {
  id: number;
  tMs: number;
  machine: string | null;
  level: "info" | "warn" | "error";
  message: string;
}

/** What training is doing. */
export interface TrainingState {
  machine: string;
  phase: "waiting" | "reading" | "learning" | "storing";
  /** 0…1. */
  progress: number;
  startedMs: number | null;
}
