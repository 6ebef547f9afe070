/**
 * DESIGN. An order is a row before it is a message, so that whatever happens it is known that it may have been sent;
 * it is published once, never retained, and never again: a row that is `sent` when Perch starts becomes `unconfirmed`.
 * From before it is published, readings of the sensor that shows its state can confirm it; when none does in time,
 * or another order follows, it is `unconfirmed`.
 */
import { type CommandState, orderText } from "../words/commands.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { randomId } from "../base/ids.ts";
import { createTurnsByKey } from "../base/turns.ts";
import type { Database } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import type { EventDraft, EventType } from "../events/event.ts";
import type { EventLog } from "../events/events_store.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { OrderValue } from "../machines/order.ts";
import type { Sensor } from "../machines/sensor.ts";
import type { OrderMessage } from "./announced.ts";
import type { Command } from "./command.ts";
import type { CommandStore } from "./command_store.ts";
import type { Confirming, Waiting } from "./confirm.ts";
import { createRate, type Rate } from "./rate.ts";
import type { Target } from "./target.ts";
import { orderValue } from "./value.ts";

/** Who gives an order. */
export interface OrderBy {
  /** `user:…`, `key:…`, `rule:<id>`. */
  actor: string;
  /** For sentences. */
  name: string;
  audited: Audited;
  /** A person was asked, and meant it. */
  confirmed: boolean;
}

export interface Orders {
  /**
   * Gives one order. Resolves when it was handed to the broker.
   * @throws `validation` (what is allowed), `conflict` (an interlock, or it has to be confirmed), `rate_limited`,
   *   `unavailable` (it was not sent)
   */
  give(target: Target, given: unknown, by: OrderBy): Promise<Command>;
  /** Committed readings. */
  seen(group: CommittedGroup): void;
  /** Ends those that took too long. Gives when to look again (monotonic). */
  look(): number;
  /** Nothing is known of what an earlier run sent. */
  afterStart(): Promise<void>;
}

/** What became of a command. */
export type Step = Pick<Command, "id" | "targetId" | "state" | "value" | "reason" | "tMs">;

export interface OrdersDeps {
  db: Database;
  clock: Clock;
  log: Log;
  store: CommandStore;
  events: Pick<EventLog, "statement">;
  confirming: Confirming;
  rate: Rate;
  /** Why no order is given at the moment. */
  whyNot(target: Target): string | null;
  messageFor(target: Target, value: OrderValue): OrderMessage | null;
  /** Never retained. Rejects without a connection; nothing is kept to be sent later. */
  publish(message: OrderMessage & { retain: false }, signal: AbortSignal): Promise<void>;
  sensorOf(target: Target): Sensor | undefined;
  /** "Heater of press 3". */
  nameOf(target: Target): string;
  /** Where an event of it belongs. */
  placeOf(target: Target): { machine: string | null; sensor: string | null };
  /** The next end of waiting may be nearer. */
  soon(): void;
  /** Something became of a command. */
  onChange(step: Step): void;
}

/** A broker that does not answer for so long will not. */
const PUBLISH_MOST_MS = 5_000;
/** Of one target. */
const REFUSALS_KEPT = { min_interval_s: 0, per_hour: 60 };
const AFTER_START =
  "Perch was stopped before the device showed it. It may have been carried out, " +
  "and is not sent again";

export function createOrders(deps: OrdersDeps): Orders {
  const { db, clock, log, store, confirming, rate } = deps;
  const refusals = createRate(() => clock.monotonic());
  /** One order of a target after the other. */
  const turns = createTurnsByKey();

  function eventOf(
    type: Extract<EventType, `command.${string}`>,
    target: Target,
    text: string,
    actor: string | null,
    body: Record<string, unknown>,
  ): EventDraft {
    const severity = type === "command.sent" || type === "command.confirmed" ? "info" : "warning";
    const subject = `command_target:${target.id}`;
    const about = { ...deps.placeOf(target), ...body };
    return { type, subject, severity, tMs: clock.now(), text, actor, body: about, route: true };
  }

  const whatOf = (target: Target, value: OrderValue) =>
    `${deps.nameOf(target)}: ${orderText(target.spec, value, deps.sensorOf(target)?.unit)}`;

  async function end(one: Waiting, state: CommandState, reason: string | null): Promise<void> {
    const { id, target, value, sentMs } = one;
    const type = state === "confirmed" ? "command.confirmed" : `command.${state}` as EventType;
    const text = `${whatOf(target, value)}${state === "confirmed" ? ", confirmed" : `: ${reason}`}`;
    const event = eventOf(type as "command.confirmed", target, text, null, { command: id, value });
    await db.write([
      store.end(id, state, reason, clock.now()),
      deps.events.statement(event),
    ]);
    deps.onChange({ id, targetId: target.id, state, value, reason, tMs: sentMs });
  }

  /** What came of it is written in the background; a database that cannot be written says so itself. */
  const endSoon = (one: Waiting, state: CommandState, reason: string | null) =>
    void end(one, state, reason).catch((error) =>
      log.warn(`what came of the command ${one.id} is not written`, { error })
    );

  /** An interlock is in the way: that is kept too. */
  async function refuse(target: Target, value: OrderValue, by: OrderBy, reason: string) {
    const nowMs = clock.now();
    const command: Command = {
      ...{ id: randomId(16), targetId: target.id, value, actor: by.actor, reason },
      ...{ state: "refused", tMs: nowMs, doneMs: nowMs },
    };
    const text = `${whatOf(target, value)}, ordered by ${by.name}, refused: ${reason}`;
    const error = new PerchError("conflict", `${deps.nameOf(target)} is not commanded: ${reason}`, {
      about: [`command_target:${target.id}`],
    });
    // Whoever tries it again and again fills no disk.
    if (refusals.waitMs(target.id, REFUSALS_KEPT) > 0) return error;
    refusals.count(target.id);
    await db.write([
      store.add(command),
      deps.events.statement(eventOf("command.refused", target, text, by.name, { value })),
      by.audited(auditOf(command, "command.refused")),
    ]);
    deps.onChange(command);
    return error;
  }

  async function give(target: Target, given: unknown, by: OrderBy): Promise<Command> {
    const value = orderValue(target.spec, target.settings, given);
    if (target.settings.dangerous && !by.confirmed) {
      throw new PerchError(
        "conflict",
        `${deps.nameOf(target)} is marked dangerous: the order has to be confirmed`,
        { errors: [{ path: "confirmed", message: "must be true" }] },
      );
    }
    const reason = deps.whyNot(target);
    if (reason !== null) throw await refuse(target, value, by, reason);
    const waitMs = rate.waitMs(target.id, target.settings);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      throw new PerchError("rate_limited", tooOften(deps.nameOf(target), target, seconds), {
        retryAfterS: seconds,
      });
    }
    const message = deps.messageFor(target, value);
    if (message === null) throw await refuse(target, value, by, "nothing here speaks its dialect");
    return await send(target, value, message, by);
  }

  async function send(
    target: Target,
    value: OrderValue,
    message: OrderMessage,
    by: OrderBy,
  ): Promise<Command> {
    const nowMs = clock.now();
    const command: Command = {
      ...{ id: randomId(16), targetId: target.id, value, actor: by.actor, state: "sent" },
      ...{ reason: null, tMs: nowMs, doneMs: null },
    };
    const text = `${whatOf(target, value)}, ordered by ${by.name}`;
    await db.write([
      store.add(command),
      deps.events.statement(
        eventOf("command.sent", target, text, by.name, { command: command.id, value }),
      ),
      by.audited(auditOf(command, "command.send")),
    ]);
    rate.count(target.id);
    const before = confirming.ofTarget(target.id);
    if (before !== null) confirming.forget(before.id);
    if (before !== null) endSoon(before, "unconfirmed", "another order followed");
    const one: Waiting = {
      ...{ id: command.id, target, value, sentMs: nowMs },
      untilMs: clock.monotonic() + target.settings.confirm_s * 1000,
    };
    // Before it is sent: a device may be faster than the broker's acknowledgement.
    if (target.sensorNum !== null) confirming.expect(one);
    deps.onChange(command);
    try {
      await deps.publish({ ...message, retain: false }, AbortSignal.timeout(PUBLISH_MOST_MS));
    } catch (error) {
      // It was confirmed meanwhile: it has arrived.
      if (target.sensorNum !== null && confirming.forget(one.id) === null) return command;
      const reason = notSent(error);
      await end(one, "failed", reason);
      throw new PerchError("unavailable", `${deps.nameOf(target)} is not commanded: ${reason}`);
    }
    if (target.sensorNum === null) {
      const reason = "sent; nothing shows whether it was carried out";
      await end(one, "unconfirmed", reason);
      return { ...command, state: "unconfirmed", reason, doneMs: clock.now() };
    }
    deps.soon();
    return command;
  }

  return {
    give: (target, given, by) => turns.take(target.id, () => give(target, given, by)),
    seen(group) {
      for (const one of confirming.confirmedBy(group)) endSoon(one, "confirmed", null);
    },
    look() {
      for (const one of confirming.late()) endSoon(one, "unconfirmed", whyLate(one, deps));
      return confirming.nextMs();
    },
    async afterStart() {
      const nowMs = clock.now();
      const sent = await store.sent();
      if (sent.length === 0) return;
      const text = sent.length === 1
        ? "An order had been sent when Perch was stopped, and is not confirmed"
        : `${sent.length} orders had been sent when Perch was stopped, and are not confirmed`;
      await db.write([
        ...sent.map(({ id }) => store.end(id, "unconfirmed", AFTER_START, nowMs)),
        deps.events.statement({
          ...{ type: "command.unconfirmed", subject: `command_target:${sent[0].targetId}` },
          ...{ severity: "warning", tMs: nowMs, text, actor: null, route: true },
          body: { commands: sent.slice(0, 50).map(({ id }) => id) },
        }),
      ]);
      for (const one of sent) deps.onChange({ ...one, state: "unconfirmed", reason: AFTER_START });
    },
  };
}

function auditOf({ id, targetId, value, reason }: Command, action: string) {
  return {
    action,
    resource: `command_target:${targetId}`,
    after: { command: id, value, ...(reason === null ? {} : { reason }) },
    // It records, and changes nothing that somebody else could have changed.
    touches: [],
  };
}

function tooOften(name: string, { settings }: Target, seconds: number): string {
  return `${name} is told something at most every ${settings.min_interval_s} s and ` +
    `${settings.per_hour} times an hour; wait ${seconds} s`;
}

/** Why a message did not reach the broker, as a part of a sentence. */
function notSent(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return "the broker did not acknowledge it in time; it may have been carried out";
  }
  return messageOf(error).replace(/\.$/, "");
}

function whyLate({ target, value }: Waiting, deps: OrdersDeps): string {
  const sensor = deps.sensorOf(target);
  const limit = `within ${target.settings.confirm_s} s`;
  if (sensor === undefined || sensor.last === null) return `its state did not show it ${limit}`;
  const shown = orderText(
    sensor.kind === "binary" ? { kind: "switch" } : { kind: "select" },
    sensor.kind === "binary"
      ? sensor.last.value === 1
      : sensor.kind === "text"
      ? sensor.states[sensor.last.value]
      : sensor.last.value,
  );
  return shown === orderText({ kind: target.spec.kind }, value)
    ? `its state was ${shown} already, and it has not reported ${limit}`
    : `its state did not show it ${limit}; it is ${shown}`;
}
