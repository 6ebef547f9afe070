import type { Clock } from "../base/clock.ts";
import { messageOf as sentenceOf, PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import { HOUR_MS } from "../words/times.ts";
import type { LoggedEvent } from "../events/event.ts";
import type { EventLog } from "../events/events_store.ts";
import type { Channel, ChannelEnvironment, Outcome, PublishMqtt } from "./channel.ts";
import type { AttachedDeps } from "./attached.ts";
import type { Outgoing } from "../base/outgoing.ts";
import { type ChannelList, createChannelList } from "./channel_list.ts";
import type { Delivery } from "./delivery.ts";
import { createDispatch } from "./dispatch.ts";
import { type DryRun, dryRun, ruleWarnings } from "./dry_run.ts";
import type { OneUseLink } from "./link_message.ts";
import { createDigestStore } from "./digest_store.ts";
import { testMessage } from "./message_of.ts";
import { createOutboxStore, type OutboxStore } from "./outbox_store.ts";
import { type OutboxCounts } from "./outbox_statistics_store.ts";
import type { PictureDeps } from "./pictures.ts";
import { createRouter } from "./router.ts";
import { escalationMinutes } from "./recipients.ts";
import { type StormLimits } from "./storm.ts";
import { type RoutingContext } from "./routed.ts";
import type { RuleSpec } from "./rule.ts";
import type { PushDesk } from "./push/browsers.ts";
import { createRules, type Rules } from "./rules.ts";
import type { Sealer } from "../base/sealed.ts";
import { createSender } from "./sender.ts";

/*
 * DESIGN
 * events (route = 1) → router: pure rules → deliveries + decisions + mark, one transaction → a worker per
 * channel → the far side. A crash anywhere repeats a step and loses none; the event's uid goes outside and is
 * the same on every repeat.
 */

/** Everything that leaves Perch. */
export interface Notify {
  readonly channels: ChannelList;
  readonly rules: Rules;
  readonly outbox: Pick<OutboxStore, "find" | "list" | "tries" | "routings" | "countsByChannel">;
  readonly tasks: readonly Task[];
  load(): Promise<void>;
  /** Events were written: decide about them now rather than within a second. */
  wake(): void;
  /** Sends a test message and gives the far side's own answer. */
  test(id: string, actor: string, to: readonly string[]): Promise<Outcome>;
  /** Sees for each channel that can whether the far side answers; `fault` is null where it does. Sends nothing. */
  greet(): Promise<{ name: string; fault: string | null }[]>;
  /** Writes a row of the audit log about what changed nothing here. */
  noted(row: SqlStatement): Promise<void>;
  /** @throws `not_found`, `conflict` */
  retry(id: number, audited: Audited): Promise<Delivery>;
  /** All dead letters, of one channel or of all; gives how many. */
  retryAll(channel: string | undefined, audited: Audited): Promise<number>;
  /** @throws `not_found`, `conflict` */
  cancel(id: number, audited: Audited): Promise<Delivery>;
  warnings(rule: RuleSpec): string[];
  dryRun(rule: RuleSpec, fromMs: number): Promise<DryRun>;
  /** Names of the mail channels that are on. */
  mailing(): string[];
  /**
   * Sends an event to each of them, or to those channels alone, to their own recipients. The same event goes to a
   * channel once. `also` is written in the same transaction.
   */
  mail(
    event: LoggedEvent,
    given?: { channels: readonly string[]; why: string; also: readonly SqlStatement[] },
  ): Promise<void>;
  /** For the alarms' timers. */
  escalationMinutes: (alarm: Parameters<typeof escalationMinutes>[0]) => number[];
  /** A channel can write to a person's own address. */
  canMail(): boolean;
  counts(): Promise<OutboxCounts>;
  /** Tries that have ended since a time. */
  triedSince(sinceMs: number): Promise<{ tries: number; good: number }>;
}

export interface NotifyDeps {
  db: Database;
  clock: Clock;
  log: Log;
  events: EventLog;
  kinds: readonly Channel[];
  sealer: Sealer;
  outgoing: Outgoing;
  environment: ChannelEnvironment;
  publishMqtt: PublishMqtt;
  push: PushDesk;
  /** `PERCH_PUBLIC_URL`. */
  publicUrl: string | null;
  site: string;
  /** The site's time zone, an IANA name. */
  zone: () => string;
  person: RoutingContext["person"];
  /** All machines with their names and tags. */
  machines: () => readonly { path: string; name: string | null; tags: readonly string[] }[];
  windowOf: RoutingContext["windowOf"];
  storm: () => StormLimits;
  /** Finished deliveries older than this are forgotten. */
  keepMs: () => number;
  /** What ages count from; it never jumps ahead (lib/base/steady_clock.ts). */
  deletionMs: () => number;
  /** Makes the one-use link of an invitation or reset; null when the person may not have one any more. */
  linkFor: (userId: string, kind: OneUseLink["kind"]) => Promise<OneUseLink | null>;
  /** Pictures of an alarm, for mails. */
  picturesOf: PictureDeps["picturesOf"];
  /** The file of a job, to be attached; null: it is gone. */
  fileOf: AttachedDeps["fileOf"];
  /** Something became of a delivery. */
  onDelivery: (delivery: Delivery) => void;
  /** Says before they are stored that options cannot be used. @throws PerchError `validation` */
  check: (options: Readonly<Record<string, unknown>>) => Promise<void>;
  random?: () => number;
}

const FORGET_AT_ONCE = 500;
const MOST_RETRIED = 1_000;
const UID_LENGTH = 24;

export function createNotify(deps: NotifyDeps): Notify {
  const { db, clock, log, events } = deps;
  const outbox = createOutboxStore(db);
  const digests = createDigestStore(db);
  const channels = createChannelList({ ...deps, log: log.child("channels") });
  const rules = createRules({
    db,
    clock,
    log,
    named: () => ({
      machines: deps.machines(),
      hasChannel: (id) => channels.all().some((one) => one.id === id),
      hasPerson: (id) => deps.person(id) !== null,
    }),
  });

  const context = () => {
    const tags = new Map(deps.machines().map((machine) => [machine.path, machine.tags]));
    return {
      zone: deps.zone(),
      channels: channels.routed(),
      person: deps.person,
      tagsOf: (path: string) => tags.get(path) ?? [],
      windowOf: deps.windowOf,
    };
  };

  const dispatch = createDispatch({ ...deps, channels, digests });

  const sender = createSender({
    outbox,
    digests,
    clock,
    log: log.child("sender"),
    random: deps.random,
    channel(id) {
      const view = channels.all().find((one) => one.id === id);
      if (view === undefined) return null;
      const { intervalMs = 0 } = channels.kindOf(id)?.limits ?? {};
      return { enabled: view.state.enabled, intervalMs };
    },
    send: dispatch.delivery,
    note: (id, outcome, tMs) => channels.noted(id, outcome, tMs),
    onDelivery: deps.onDelivery,
  });
  channels.onChange((id) => {
    if (channels.all().some((one) => one.id === id)) {
      sender.start(id);
      sender.wake(id);
    } else void sender.end(id);
  });

  const router = createRouter({
    db,
    events,
    outbox,
    clock,
    log: log.child("router"),
    rules: rules.all,
    context,
    storm: deps.storm,
    onDeliveries: (ids) => ids.forEach((id) => sender.wake(id)),
  });

  async function need(id: number): Promise<Delivery> {
    const delivery = await outbox.find(id);
    if (delivery) return delivery;
    throw new PerchError("not_found", `there is no delivery ${id}, or it was forgotten`);
  }

  const mailChannels = () =>
    channels.routed().filter(({ id, enabled }) => enabled && channels.kindOf(id)?.kind === "email");

  return {
    channels,
    rules,
    outbox,
    tasks: [router.task, sending(), upkeep()],
    async load() {
      await channels.load();
      await rules.load();
    },
    wake: router.wake,
    async test(id, actor, to) {
      channels.find(id);
      const { site, publicUrl } = deps;
      const uid = randomId(UID_LENGTH);
      const message = { ...testMessage(uid, { site, actor, nowMs: clock.now(), publicUrl }), to };
      try {
        const outcome = await dispatch.message(id, message, new AbortController().signal);
        if (outcome.state === "delivered") {
          const { statements, done } = channels.noted(id, outcome, clock.now());
          await db.write(statements);
          done();
        }
        return outcome;
      } catch (error) {
        return { state: "failed", answer: sentenceOf(error) };
      }
    },
    greet() {
      const wanted = channels.all().filter(({ id, state }) =>
        state.enabled && channels.kindOf(id)?.greet !== undefined
      );
      return Promise.all(wanted.map(async ({ id, name, fault }) => ({
        name,
        fault: fault ?? await dispatch.greet(id).then(() => null, sentenceOf),
      })));
    },
    noted: async (row) => void await db.write([row]),
    async retry(id, audited) {
      const before = await need(id);
      if (before.state !== "failed" && before.state !== "cancelled") {
        throw new PerchError("conflict", `the delivery is ${before.state}; nothing to send again`, {
          about: [`delivery:${id}`],
        });
      }
      if (before.digestId !== null) {
        throw new PerchError("conflict", `it is part of the digest ${before.digestId}: send that`);
      }
      const change = audited({ action: "delivery.retry", resource: `delivery:${id}` });
      await db.write([...outbox.revive([id], clock.now()), change]);
      sender.wake(before.channelId);
      return await need(id);
    },
    async retryAll(channel, audited) {
      const ids = await outbox.deadLetters(channel, MOST_RETRIED);
      if (ids.length === 0) return 0;
      const change = audited({
        action: "delivery.retry_all",
        resource: channel === undefined ? "deliveries" : `channel:${channel}`,
        after: { deliveries: ids.length },
        touches: [],
      });
      await db.write([...outbox.revive(ids, clock.now()), change]);
      sender.wake();
      return ids.length;
    },
    async cancel(id, audited) {
      const before = await need(id);
      if (!["waiting", "held", "digest"].includes(before.state)) {
        throw new PerchError("conflict", `the delivery is ${before.state}; nothing to cancel`, {
          about: [`delivery:${id}`],
        });
      }
      const change = audited({ action: "delivery.cancel", resource: `delivery:${id}` });
      await db.write([...outbox.cancel(id, clock.now()), change]);
      sender.wake(before.channelId);
      return await need(id);
    },
    warnings: (rule) => ruleWarnings(rule, { context: context(), machines: deps.machines() }),
    mailing: () => mailChannels().map(({ name }) => name),
    async mail(event, given) {
      const why = given?.why ?? "the report was asked for";
      const plan = { target: "", state: "waiting", untilMs: null, why } as const;
      const ids = given?.channels ?? mailChannels().map(({ id }) => id);
      await db.write([
        ...ids.map((id) => outbox.add(event, { ...plan, channel: id }, clock.now())),
        ...given?.also ?? [],
      ]);
      ids.forEach((id) => sender.wake(id));
    },
    dryRun: (rule, fromMs) => dryRun(rule, { events, context: context(), fromMs }),
    escalationMinutes: (alarm) => escalationMinutes(alarm, rules.all()),
    canMail: () => channels.routed().some((one) => one.enabled && one.toPersons && !one.ownDevices),
    counts: () => outbox.counts(clock.now()),
    triedSince: outbox.triedSince,
  };

  function sending(): Task {
    return {
      name: "notify sender",
      async run(signal, beat) {
        for (const { id } of channels.all()) sender.start(id);
        beat?.(Infinity);
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        await sender.stop();
      },
    };
  }

  function upkeep(): Task {
    return {
      name: "notify upkeep",
      async run(signal) {
        for (;;) {
          await clock.sleep(HOUR_MS, signal);
          while (await outbox.forget(deps.deletionMs() - deps.keepMs(), FORGET_AT_ONCE) > 0) {
            signal.throwIfAborted();
          }
        }
      },
    };
  }
}
