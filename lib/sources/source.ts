import { z } from "zod";
import { formerly, msField } from "../base/wire.ts";

const STATES = ["starting", "connected", "reconnecting", "listening", "stopped", "error"] as const;

/** A source as the API and the sources page show it. */
export const sourceShape = z.object({
  name: z.string(),
  kind: z.string(),
  state: z.enum(STATES),
  detail: z.string().describe("where it connects to, what is wrong, what happens next"),
  received: z.number(),
  rejected: z.number(),
  last_ms: msField.nullable().describe("its latest message"),
  last: formerly(msField.nullable(), "last_ms"),
}).meta({ id: "Source" });
export type SourceView = z.output<typeof sourceShape>;

/** How a source is doing, for health, the sources page and metrics. */
export interface SourceState {
  name: string;
  kind: string;
  state: typeof STATES[number];
  /** A sentence for people: where it connects to, what is wrong, what happens next. */
  detail: string;
  received: number;
  rejected: number;
  lastMessageMs: number | null;
}

/** A source as it is shown outside. */
export function sourceOf({ lastMessageMs, ...source }: SourceState): SourceView {
  return { ...source, last_ms: lastMessageMs, last: lastMessageMs };
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

/** A message that Perch itself publishes at the broker it uses. */
export interface OwnMessage {
  topic: string;
  payload: string | Uint8Array;
  qos: 0 | 1;
  retain: boolean;
}

/** A source that is connected to a broker, or is one. */
export interface MqttPublisher {
  /**
   * Resolves when the broker acknowledged (QoS 1) or was handed the message (QoS 0). Rejects without a
   * connection, when it is lost meanwhile, and with the signal's reason; nothing is kept to be sent later.
   */
  publish(message: OwnMessage, signal: AbortSignal): Promise<void>;
}
