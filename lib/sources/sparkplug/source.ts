/** The host application at work: its connection, what its decisions do, when something is due. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Intake, Outcome } from "../../intake/intake.ts";
import type { Decoded } from "../../readings/reading.ts";
import type { DeviceDirectory } from "../devices/device.ts";
import type { Publish } from "../framing/publish.ts";
import { Reconnecting, withUserOf } from "../mqtt/reconnecting.ts";
import type { Dial } from "../mqtt/target.ts";
import type { Source, SourceState } from "../source.ts";
import { type ConnectionOptions, HostConnection } from "./connection.ts";
import { SPARKPLUG } from "./dialect.ts";
import { encodeRebirth } from "./encode.ts";
import { type Effect, type Heard, Host, type HostOptions } from "./host.ts";
import { commandTopic, type KnownPlace, NAMESPACE, placeOf } from "./topic.ts";

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

/** Creates the host application; it keeps trying to connect until it is stopped. */
export function createSparkplugSource(
  deps: SparkplugDeps,
  options: ConnectionOptions & HostOptions,
  known: Iterable<KnownPlace> = [],
): SparkplugSource {
  return new SparkplugSource(deps, options, known);
}

/** Longest wait for what is due: timers of more are no use. */
const LONGEST_WAIT_MS = 3_600_000;

export class SparkplugSource implements Source {
  readonly name = SPARKPLUG;
  readonly #host: Host;
  readonly #broker: Reconnecting<HostConnection>;
  readonly #hostId: string;
  /** What a message for which there was no room was understood as; it comes again. */
  #held: Decoded | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Infinity;
  #received = 0;
  #rejected = 0;
  #lastMessageMs: number | null = null;

  constructor(
    private readonly deps: SparkplugDeps,
    options: ConnectionOptions & HostOptions,
    known: Iterable<KnownPlace>,
  ) {
    this.#hostId = options.hostId;
    this.#host = new Host(options);
    for (const { group, node, device } of known) this.#host.know(group, node, device);
    const withUser = withUserOf(options);
    this.#broker = new Reconnecting<HostConnection>({
      ...deps,
      open: (link, version, onReady) => {
        const connection = new HostConnection(
          {
            clock: deps.clock,
            onRoom: deps.intake.onRoom,
            commitSoon: deps.intake.commitSoon,
            take: (publish, done) => this.#take(publish, done),
            onReady: () => {
              onReady();
              this.#connected();
            },
          },
          withUser,
          version,
          link,
        );
        void connection.ended.then(() => this.#lost());
        return connection;
      },
    }, withUser);
  }

  start(): Promise<void> {
    this.#broker.start();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#broker.stop();
    clearTimeout(this.#timer);
  }

  state(): SourceState {
    return {
      name: this.name,
      kind: "mqtt",
      state: this.#broker.state,
      detail: this.#broker.detail(() => this.#detail()),
      received: this.#received,
      rejected: this.#rejected,
      lastMessageMs: this.#lastMessageMs,
    };
  }

  #detail(): string {
    const { nodes, online, devices, asked } = this.#host.counts();
    return `as host ${this.#hostId}, subscribed to ${NAMESPACE}/#: ${online} of ${nodes} edge nodes ` +
      `are there, with ${devices} devices; ${asked} rebirths were asked for`;
  }

  #connected(): void {
    this.#held = null;
    this.#host.connected(this.deps.clock.monotonic());
    this.#arm();
  }

  #lost(): void {
    if (this.#broker.state !== "connected") return;
    this.#host.lost(this.deps.clock.monotonic());
    this.#arm();
  }

  #take(publish: Publish, done: (outcome: Outcome) => void): boolean {
    const { topic, payload, qos, retain } = publish;
    let decoded = this.#held;
    if (decoded === null) {
      const heard = this.#heard(publish);
      // Nothing of it is kept; in its turn where it is acknowledged.
      if (heard === null && qos === 0) return true;
      decoded = heard === null ? { drafts: [], rejects: [] } : this.#decodedOf(heard);
      decoded.by = SPARKPLUG;
    }
    const settled = (outcome: Outcome) => {
      if (outcome === "rejected") this.#rejected++;
      done(outcome);
    };
    const { intake } = this.deps;
    const message = { source: this.name, topic, payload, decoded, done: settled };
    if (!intake.offer(message)) {
      this.#held = decoded;
      return false;
    }
    this.#held = null;
    if (retain) return true;
    this.#received++;
    this.#lastMessageMs = this.deps.clock.now();
    this.deps.onMessage?.(decoded.rejects.length > 0);
    return true;
  }

  #heard({ topic, payload, retain }: Publish): Heard | null {
    if (retain) {
      // A birth that was kept says nothing of now.
      if (placeOf(topic) !== null) {
        this.deps.directory.note(SPARKPLUG, "kept messages are not read");
      }
      return null;
    }
    const heard = this.#host.take(topic, payload, this.deps.clock.monotonic());
    this.#arm();
    return heard;
  }

  /** Does what has to be done, and gives the readings the names of their sensors. */
  #decodedOf({ effects, readings, ...rejects }: Heard): Decoded {
    const { directory } = this.deps;
    for (const effect of effects) this.#do(effect);
    const decoded: Decoded = { drafts: [], ...rejects };
    for (const { uid, value, tMs, unit, historical } of readings) {
      const sensor = directory.sensorOf(uid);
      if (sensor === null) continue;
      // One with a place in a batch may be as old as it says.
      const index = historical ? 0 : undefined;
      decoded.drafts.push({ sensor, value, tMs, unit, index });
    }
    return decoded;
  }

  #do(effect: Effect): void {
    const { directory, clock } = this.deps;
    switch (effect.do) {
      case "announce":
        return directory.announce(SPARKPLUG, effect.device, effect.entities);
      case "available":
        return directory.setAvailable(effect.uid, effect.available);
      case "note":
        return directory.note(SPARKPLUG, effect.what);
      case "rebirth":
        this.#broker.current?.command(
          commandTopic(effect.group, effect.node, null),
          encodeRebirth(clock.now()),
        );
    }
  }

  /** Wakes when something is due. */
  #arm(): void {
    const { nextMs } = this.#host;
    if (nextMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = nextMs;
    const waitMs = Math.max(0, nextMs - this.deps.clock.monotonic());
    this.#timer = setTimeout(() => this.#due(), Math.min(waitMs, LONGEST_WAIT_MS));
  }

  #due(): void {
    this.#timerMs = Infinity;
    for (const effect of this.#host.due(this.deps.clock.monotonic())) this.#do(effect);
    this.#arm();
  }
}
