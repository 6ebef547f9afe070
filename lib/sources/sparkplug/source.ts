/** The host application at a broker elsewhere, as a source: with a connection of its own. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Intake, Outcome } from "../../intake/intake.ts";
import type { Decoded } from "../../readings/reading.ts";
import type { DeviceDirectory } from "../devices/device.ts";
import type { Link } from "../framing/link.ts";
import type { Publish } from "../framing/publish.ts";
import { Reconnecting, withUserOf } from "../mqtt/reconnecting.ts";
import type { Dial } from "../mqtt/target.ts";
import type { Source, SourceState } from "../source.ts";
import { type ConnectionOptions, HostConnection } from "./connection.ts";
import type { HostOptions } from "./host.ts";
import { type KnownPlace, NAMESPACE, SPARKPLUG } from "./topic.ts";
import { HostAtWork, shownNodes } from "./work.ts";

export interface SparkplugDeps {
  intake: Pick<Intake, "offer" | "commitSoon" | "onRoom">;
  directory: DeviceDirectory;
  clock: Clock;
  log: Log;
  /** A message of a node or device came. */
  onMessage?: (rejected: boolean) => void;
  /** Opens connections; the guarded one by default. */
  dial?: Dial;
  random?: () => number;
}

/**
 * Creates the host application; it keeps trying to connect until it is stopped.
 * @param known nodes and devices that were announced before
 */
export function createSparkplugSource(
  deps: SparkplugDeps,
  options: ConnectionOptions & HostOptions,
  known: Iterable<KnownPlace> = [],
): Source {
  return new SparkplugSource(deps, options, known);
}

class SparkplugSource implements Source {
  readonly name = SPARKPLUG;
  readonly #work: HostAtWork;
  readonly #broker: Reconnecting<HostConnection>;
  readonly #options: ConnectionOptions;
  /** What a message for which there was no room was understood as; it comes again. */
  #held: Decoded | null = null;
  #received = 0;
  #rejected = 0;
  #lastMessageMs: number | null = null;

  constructor(
    private readonly deps: SparkplugDeps,
    options: ConnectionOptions & HostOptions,
    known: Iterable<KnownPlace>,
  ) {
    this.#options = withUserOf(options);
    const command = (topic: string, payload: Uint8Array) =>
      this.#broker.current?.command(topic, payload);
    this.#work = new HostAtWork({ ...deps, command }, options, known);
    const open = (link: Link, version: 4 | 5, onReady: () => void) =>
      this.#open(link, version, onReady);
    this.#broker = new Reconnecting({ ...deps, open }, this.#options);
  }

  start(): Promise<void> {
    this.#broker.start();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#broker.stop();
    this.#work.stop();
  }

  state(): SourceState {
    return {
      name: this.name,
      kind: "mqtt",
      state: this.#broker.state,
      detail: this.#broker.detail(() =>
        `as host ${this.#options.hostId}, subscribed to ${NAMESPACE}/#; ` +
        shownNodes(this.#work.counts())
      ),
      received: this.#received,
      rejected: this.#rejected,
      lastMessageMs: this.#lastMessageMs,
    };
  }

  #open(link: Link, version: 4 | 5, onReady: () => void): HostConnection {
    const { clock, intake } = this.deps;
    const connection = new HostConnection(
      {
        clock,
        onRoom: intake.onRoom,
        commitSoon: intake.commitSoon,
        take: (publish, done) => this.#take(publish, done),
        onReady: () => {
          onReady();
          this.#held = null;
          this.#work.connected();
        },
      },
      this.#options,
      version,
      link,
    );
    void connection.ended.then(() => {
      if (this.#broker.state === "connected") this.#work.lost();
    });
    return connection;
  }

  #take({ topic, payload, qos, retain }: Publish, done: (outcome: Outcome) => void): boolean {
    let decoded = this.#held;
    if (decoded === null) {
      decoded = this.#work.hear(topic, payload, retain);
      // Nothing of it is kept; in its turn where it is acknowledged.
      if (decoded === null && qos === 0) return true;
      decoded ??= { drafts: [], rejects: [] };
    }
    const settled = (outcome: Outcome) => {
      if (outcome === "rejected") this.#rejected++;
      done(outcome);
    };
    const message = { source: this.name, topic, payload, decoded, done: settled };
    const taken = this.deps.intake.offer(message);
    this.#held = taken ? null : decoded;
    if (taken && decoded.by !== undefined) this.#count(decoded);
    return taken;
  }

  #count({ rejects }: Decoded): void {
    this.#received++;
    this.#lastMessageMs = this.deps.clock.now();
    this.deps.onMessage?.(rejects.length > 0);
  }
}
