import type { ISubscriptionGrant, MqttClient } from "mqtt";
import type { Log } from "../../base/log.ts";
import type { MqttOptions } from "./options.ts";

/** Most filters of one SUBSCRIBE: some brokers bound its size. */
const FILTERS_TOGETHER = 200;
/** MQTT 5: when the broker sends what it keeps: each time that is subscribed, or when the subscription is new. */
const KEPT = { always: 0, whenNew: 1 } as const;

/** What a session is subscribed to: the topics of the options, and those of codecs and devices, which change. */
export class Subscriptions {
  /** Those of codecs and devices; null: not subscribed yet. */
  #extra: readonly string[] | null = null;

  constructor(
    private readonly client: MqttClient,
    private readonly options: Pick<MqttOptions, "topics" | "shareGroup"> & {
      version: 4 | 5;
      log: Log;
      extraTopics(): readonly string[];
    },
  ) {}

  /** Subscribes to all of them. Says why that is of no use, as a part of a sentence. */
  async begin(): Promise<string | null> {
    const { topics, extraTopics } = this.options;
    this.#extra = extraTopics();
    const { refused, error } = await this.#subscribe(topics, KEPT.whenNew);
    // Whether a device is there may have changed meanwhile, at QoS 0.
    await this.#subscribe(this.#extra, KEPT.always);
    const none = topics.every((topic) => refused.includes(this.#filterOf(topic)));
    if (none || (error && refused.length === 0)) {
      return `it refused the topics ${topics.map((topic) => this.#filterOf(topic)).join(", ")}`;
    }
    return null;
  }

  /** Other topics of codecs or devices: what came is subscribed to, what is gone is left. */
  renew(): void {
    if (this.#extra === null || !this.client.connected) return;
    const before = new Set(this.#extra);
    const now = new Set(this.#extra = this.options.extraTopics());
    const gone = [...before].filter((topic) => !now.has(topic));
    const come = [...now].filter((topic) => !before.has(topic));
    // What is not left is only seen as messages that nobody reads.
    if (gone.length > 0) {
      this.client.unsubscribe(gone.map((topic) => this.#filterOf(topic)), () => {});
    }
    if (come.length > 0) this.#subscribe(come, KEPT.whenNew);
  }

  async #subscribe(
    topics: readonly string[],
    kept: number,
  ): Promise<{ refused: string[]; error: unknown }> {
    const all: { refused: string[]; error: unknown } = { refused: [], error: null };
    for (let at = 0; at < topics.length; at += FILTERS_TOGETHER) {
      const { refused, error } = await this.#some(
        topics.slice(at, at + FILTERS_TOGETHER),
        kept,
      );
      all.refused.push(...refused);
      all.error ??= error;
    }
    return all;
  }

  #some(
    topics: readonly string[],
    kept: number,
  ): Promise<{ refused: string[]; error: unknown }> {
    const { version, shareGroup, log } = this.options;
    const filters = topics.map((topic) => this.#filterOf(topic));
    // MQTT 5: none of what Perch publishes itself.
    const extra = version === 5 ? { rh: kept, nl: shareGroup === undefined } : {};
    return new Promise((resolve) => {
      this.client.subscribe(filters, { qos: 1, ...extra }, (error, granted = []) => {
        const refused = refusedTopics(filters, granted);
        if (refused.length > 0) log.warn("the broker refused topics", { topics: refused });
        resolve({ refused, error });
      });
    });
  }

  #filterOf(topic: string): string {
    const { shareGroup } = this.options;
    return shareGroup === undefined ? topic : `$share/${shareGroup}/${topic}`;
  }
}

function refusedTopics(filters: string[], granted: readonly ISubscriptionGrant[]): string[] {
  const no = new Set(granted.filter(({ qos }) => Number(qos) >= 0x80).map(({ topic }) => topic));
  return filters.filter((filter) => no.has(filter));
}
