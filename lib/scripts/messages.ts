/** What sandbox and worker say to each other. */
import type { ScriptKind } from "./script.ts";

/** Id of the worker's first message: it is there. */
export const READY = 0;

export type ToWorker =
  | { op: "load"; id: number; key: number; kind: ScriptKind; name: string; source: string }
  /** `inputs`: an array, as JSON. `state`: JSON of what the first input is handed beside it; null: inputs stand alone. */
  | {
    op: "call";
    id: number;
    key: number;
    name: string;
    inputs: string;
    count: number;
    state: string | null;
  }
  | { op: "unload"; id: number; key: number };

/** What a script threw, as it says. */
export interface Thrown {
  name: string;
  message: string;
  stack: string;
}

/** A limit that the input after those that were answered has run into. */
export type Exceeded = "time" | "memory" | "output";

export interface FromWorker {
  id: number;
  /** `load`: JSON of `{exports, functions}`; `call`: JSON of an array of `{ok}` or `{thrown}`. */
  text: string;
  /** `load`: it could not. */
  thrown?: Thrown;
  exceeded?: Exceeded;
  /** `call`: JSON of the state after the last good answer. */
  state?: string | null;
  /** The interpreter itself broke: why. */
  detail?: string;
}
