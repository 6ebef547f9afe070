/** A line to a broker that is kept open, for who has messages of its own to exchange there. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Link } from "../framing/link.ts";
import type { MqttPublisher, OwnMessage, SourceState } from "../source.ts";
import { PlainConnection, type PlainOptions } from "./plain_connection.ts";
import { Reconnecting, withUserOf } from "./reconnecting.ts";
import type { Dial } from "./target.ts";

export interface PlainLineDeps {
  clock: Clock;
  log: Log;
  onMessage(topic: string, payload: Uint8Array): void;
  /** Connected and subscribed, each time. */
  onReady?: (connection: PlainConnection) => void;
  /** The will of the next connection, and what is said before one is left; none by default. */
  will?: () => OwnMessage;
  farewell?: () => OwnMessage | null;
  /** Opens connections; the one of `connect.ts` by default. */
  dial?: Dial;
}

export interface PlainLine extends MqttPublisher {
  /** The connection that is ready; null: none is. */
  connection(): PlainConnection | null;
  start(): void;
  stop(): Promise<void>;
  state(): SourceState["state"];
  /** Why there is no connection, one sentence. */
  why(): string;
}

/** Creates the line; it keeps trying until it is stopped. */
export function createPlainLine(
  deps: PlainLineDeps,
  input: Omit<PlainOptions, "will">,
): PlainLine {
  const options = withUserOf(input);
  const { onMessage, farewell } = deps;
  const open = (link: Link, version: 4 | 5, onReady: () => void) =>
    new PlainConnection(
      {
        ...{ onMessage, farewell },
        onReady(connection) {
          onReady();
          deps.onReady?.(connection);
        },
      },
      { ...options, will: deps.will?.() },
      version,
      link,
    );
  const broker = new Reconnecting<PlainConnection>({ ...deps, open }, options);
  const why = () => broker.why || `There is no answer of ${broker.at} yet.`;
  const connection = () => broker.state === "connected" ? broker.current : null;
  return {
    connection,
    start: () => broker.start(),
    stop: () => broker.stop(),
    state: () => broker.state,
    why,
    async publish(message, signal) {
      const current = connection();
      if (current === null) throw new Error(why());
      await current.publish(message, signal);
    },
  };
}
