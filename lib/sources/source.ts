/** How a source is doing, for health, the sources page and metrics. */
export interface SourceState {
  name: string;
  kind: string;
  state: "starting" | "connected" | "reconnecting" | "listening" | "stopped" | "error";
  /** A sentence for people: where it connects to, what is wrong, what happens next. */
  detail: string;
  received: number;
  rejected: number;
  lastMessageMs: number | null;
}

/**
 * A way in for readings. Constructed quietly, started explicitly, stopped completely:
 * after `stop` no message is offered any more and every socket is closed.
 */
export interface Source {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  state(): SourceState;
}
