import type { Access } from "../access/access.ts";
import { systemActor } from "../access/audit_row.ts";
import { PerchError } from "../base/errors.ts";
import { type Outgoing, OutgoingError } from "../base/outgoing.ts";
import type { Sealer } from "../base/sealed.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Components } from "../live/components.ts";
import type { PublishMqtt } from "../notify/channel.ts";
import { CHANNELS } from "../notify/channels/mod.ts";
import type { PushDesk } from "../notify/push/browsers.ts";
import type { Delivery } from "../notify/delivery.ts";
import { createNotify, type Notify } from "../notify/notify.ts";
import { DAY_MS } from "../words/times.ts";
import type { Foundation } from "./foundation.ts";
import type { LiveParts } from "./live.ts";
import type { MachineParts } from "./machines.ts";

/** Mail servers take some 10 MB, people on the way a few hundred kB. */
const MAIL_PICTURES = { pictures: 3, bytes: 300_000 };

export interface NotifyNeeds {
  sealer: Sealer;
  machines: MachineParts;
  live: LiveParts;
  access: Access;
  outgoing: Outgoing;
  publishMqtt: PublishMqtt;
  push: PushDesk;
  jobs: Pick<Jobs, "read">;
  /** The port that the pages are on. */
  httpPort: () => number;
  /** Null: HTTPS is off. */
  securePort: () => number | null;
}

/** Puts notifications together and reads channels and rules; it sends once its tasks run. */
export async function createNotifyParts(
  { config, clock, log: root, storage, settings, events, components, late, zone }: Foundation,
  needs: NotifyNeeds,
): Promise<Notify> {
  const { machines: { registry, windowOf }, live: { hub }, access, outgoing } = needs;
  const log = root.child("notify");
  const notify = createNotify({
    db: storage.db,
    clock,
    log,
    events,
    kinds: CHANNELS,
    sealer: needs.sealer,
    outgoing,
    environment: { smtp: config.smtp, slackUrl: config.slackUrl },
    publishMqtt: needs.publishMqtt,
    push: needs.push,
    publicUrl: config.http.publicUrl,
    site: config.siteId ?? Deno.hostname(),
    zone,
    person(id) {
      const user = access.users.find(id);
      if (user === undefined || user.state === "deleted") return null;
      return { name: user.name || user.email, email: user.email, active: user.state === "active" };
    },
    machines: () => registry.machines.all(),
    windowOf: (machine) => windowOf(machine, clock.now())?.title ?? null,
    storm: () => ({
      messages: settings.get("notify.storm_messages"),
      minutes: settings.get("notify.storm_minutes"),
    }),
    keepMs: () => settings.get("notify.keep_days") * DAY_MS,
    deletionMs: clock.deletionMs,
    async linkFor(userId, kind) {
      const origin = config.http.publicUrl ?? ownOrigin(needs);
      try {
        const actor = systemActor("Perch (by email)");
        const { secret, expiresMs } = await access.links.create(userId, kind, actor);
        return { url: `${origin}/welcome/${secret}`, kind, expiresMs };
      } catch (error) {
        if (error instanceof PerchError && ["not_found", "conflict"].includes(error.code)) {
          return null;
        }
        throw error;
      }
    },
    picturesOf: (alarm) => late.get("cameras").forMessage(alarm, MAIL_PICTURES),
    fileOf: (job) => needs.jobs.read("report", job),
    async check(options) {
      for (const [name, value] of Object.entries(options)) {
        if (typeof value !== "string" || !/^https?:\/\//.test(value)) continue;
        await outgoing.check(value).catch((error) => {
          if (!(error instanceof OutgoingError)) throw error;
          throw new PerchError("validation", `options.${name}: ${error.message}`, {
            errors: [{ path: `options.${name}`, message: error.message }],
          });
        });
      }
    },
    onDelivery: (delivery) => hub.publish("delivery", deliveryEvent(delivery)),
  });
  await notify.load();
  describe(components, notify);
  return notify;
}

/** Where people of this network open Perch. */
function ownOrigin({ httpPort, securePort }: Pick<NotifyNeeds, "httpPort" | "securePort">): string {
  const port = securePort();
  return port === null
    ? `http://${Deno.hostname()}:${httpPort()}`
    : `https://${Deno.hostname()}:${port}`;
}

/** A delivery on the live stream. */
function deliveryEvent({ id, eventType, subject, channelId, state, tries, nextMs }: Delivery) {
  return {
    id,
    event: eventType,
    subject,
    channel: channelId,
    state,
    tries,
    next: state === "waiting" ? nextMs : null,
  };
}

function describe(components: Components, notify: Notify): void {
  components.register("outbox", () => {
    const channels = notify.channels.all().filter(({ state }) => state.enabled);
    const failing = channels.filter(({ state, fault }) =>
      state.failingSinceMs !== null || fault !== null
    );
    if (failing.length > 0) {
      const [{ name, state, fault }] = failing;
      const more = failing.length > 1 ? ` And ${failing.length - 1} more.` : "";
      return {
        health: failing.length === channels.length ? "error" : "degraded",
        detail: `${name} does not deliver: ${fault ?? state.answer ?? "no answer"}.${more}`,
      };
    }
    return channels.length === 0
      ? { health: "off", detail: "No channel is set up: no one is notified." }
      : {
        health: "ok",
        detail: `${channels.length} ${channels.length === 1 ? "channel" : "channels"} deliver.`,
      };
  });
}
