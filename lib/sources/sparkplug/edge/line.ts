/** The edge node at a broker: births with each connection and when a host asks, data as they are given. */
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { PlainConnection } from "../../mqtt/plain_connection.ts";
import { createPlainLine } from "../../mqtt/plain_line.ts";
import { REBIRTH } from "../encode.ts";
import { decodePayload, isPayloadFault } from "../payload.ts";
import { EdgeNode, type NodeOptions, type NodeReading } from "./node.ts";

export interface EdgeLineOptions extends Omit<NodeOptions, "nowMs"> {
  url: string;
  clientId: string;
}

export interface EdgeLine {
  start(): void;
  stop(): Promise<void>;
  /** Resolves when the broker has taken them. Rejects without a connection, and when it is lost meanwhile. */
  send(readings: readonly NodeReading[], signal: AbortSignal): Promise<void>;
  /** Sensors are others than before. */
  changed(): void;
}

const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;
/** Whoever asks for births again and again gets them so often. */
const BIRTHS_APART_MS = 1_000;

export function createEdgeLine(
  { clock, log }: { clock: Clock; log: Log },
  { url, clientId, ...options }: EdgeLineOptions,
): EdgeLine {
  const node = new EdgeNode({ ...options, nowMs: clock.now });
  const ended = new AbortController();
  let bornMs = -Infinity;
  let isAsked = false;

  function bear(connection: PlainConnection | null): void {
    bornMs = clock.monotonic();
    isAsked = false;
    connection?.send(node.births());
  }

  /** A host asks for births: at once, or when the last ones are no longer young. */
  async function asked(): Promise<void> {
    if (isAsked) return;
    isAsked = true;
    const waitMs = bornMs + BIRTHS_APART_MS - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, ended.signal).catch(() => {});
    // A new connection begins with them anyway.
    if (isAsked) bear(line.connection());
  }

  const line = createPlainLine({
    ...{ clock, log },
    will: () => node.will(),
    farewell: () => node.death(),
    onReady: bear,
    onMessage(topic, payload) {
      if (topic === node.commands && asksForBirth(payload)) void asked();
    },
  }, { url, clientId, topics: [node.commands], version: "auto", connectTimeoutMs: CONNECT_MS });
  return {
    start: line.start,
    async stop() {
      ended.abort();
      await line.stop();
    },
    changed: () => node.changed(),
    async send(readings, signal) {
      const connection = line.connection();
      if (connection === null) throw new Error(line.why());
      // Numbered and sent in one go, so that nothing of another connection comes between.
      connection.send(node.data(readings));
      await connection.taken(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
    },
  };
}

function asksForBirth(payload: Uint8Array): boolean {
  const said = decodePayload(payload);
  return !isPayloadFault(said) &&
    said.metrics.some(({ name, value }) => name === REBIRTH && value?.value === true);
}
