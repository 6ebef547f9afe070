/** What the test of endurance and the Perch that it watches say to each other, a line of JSON each. */

/** How the process is, after its garbage was collected. */
export interface Sample {
  /** Memory of its own (RssAnon). */
  memoryMb: number;
  heapMb: number;
  descriptors: number;
  /** Timers that run. */
  timers: number;
  walMb: number;
  /** How late timers of the main thread fired, since the figures were reset. */
  lagP99Ms: number;
}

/** What the Perch is asked for. */
export type Order =
  | { order: "sample" }
  /** From here on the lag counts. */
  | { order: "reset" }
  /** Ends a background task with an exception, or lets it hang. */
  | { order: "task"; name: string; fault: "throw" | "hang" }
  /** Moves the host's clock. */
  | { order: "step"; ms: number };

/** The first line. */
export interface Ready {
  url: string;
  /** Of an admin. */
  key: string;
  tasks: string[];
  /** What its clock says at this moment. */
  nowMs: number;
}

/** How it is started. */
export interface SoakStart {
  dataDir: string;
  /** A tree of kernel files. */
  hostRoot: string;
  /** How many times as fast its clock is. */
  times: number;
  /** How long it will run. */
  realMs: number;
  env: Record<string, string>;
}
