/** A channel as API and pages show it. */
import { z } from "zod";
import { formerly, msField } from "../base/wire.ts";
import { SEVERITIES } from "../words/severity.ts";
import type { ChannelState } from "./channels_store.ts";
import type { Subscription } from "./routed.ts";

/** A channel with its secrets hidden. */
export interface ChannelView {
  id: string;
  kind: string;
  name: string;
  options: Record<string, unknown>;
  subscription: Subscription | null;
  /** Set by the environment: it cannot be changed here, only switched off. */
  fixed: boolean;
  state: ChannelState;
  /** Why it cannot send at all. */
  fault: string | null;
  createdMs: number;
}

export const CHANNEL_HEALTH = ["ok", "failing", "off", "new"] as const;

/** How a channel or a webhook is doing. */
export const healthFields = {
  enabled: z.boolean(),
  health: z.enum(CHANNEL_HEALTH).describe("new: nothing was sent yet"),
  detail: z.string().nullable().describe("why it is switched off or does not deliver"),
  failing_since_ms: msField.nullable(),
  last_delivered_ms: msField.nullable(),
  last_answer: z.string().nullable().describe("the receiver's latest answer"),
  failing_since: formerly(z.number().nullable(), "failing_since_ms"),
  last_delivered: formerly(z.number().nullable(), "last_delivered_ms"),
};

/** They alone, as the API document names them. */
export const channelStateShape = z.object(healthFields).meta({ id: "ChannelState" });

export const channelShape = z.object({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  options: z.record(z.string(), z.unknown()).describe("secrets are written, never read: ***"),
  fixed: z.boolean().describe("set by the environment; can only be switched off and on"),
  ...healthFields,
  last_tried_ms: msField.nullable(),
  waiting: z.number(),
  dead: z.number().describe("dead letters"),
  last_tried: formerly(z.number().nullable(), "last_tried_ms"),
}).meta({ id: "Channel" });
export type ShownChannel = z.output<typeof channelShape>;

/** How a channel is doing, in a word. */
export function healthOf({ state, fault }: ChannelView): typeof CHANNEL_HEALTH[number] {
  if (!state.enabled) return "off";
  if (fault !== null || state.failingSinceMs !== null) return "failing";
  return state.okMs === null ? "new" : "ok";
}

/** The values of `healthFields`. */
export function healthFieldsOf(view: ChannelView) {
  const { enabled, failingSinceMs, okMs, offReason, answer } = view.state;
  return {
    enabled,
    health: healthOf(view),
    detail: view.fault ?? offReason ?? (failingSinceMs === null ? null : answer ?? "no answer"),
    failing_since_ms: failingSinceMs,
    last_delivered_ms: okMs,
    last_answer: answer,
    failing_since: failingSinceMs,
    last_delivered: okMs,
  };
}

export function shownChannel(
  view: ChannelView,
  counts: { open: number; failed: number } = { open: 0, failed: 0 },
): ShownChannel {
  const { id, kind, name, options, fixed, state } = view;
  return {
    id,
    kind,
    name,
    options,
    fixed,
    ...healthFieldsOf(view),
    last_tried_ms: state.triedMs,
    waiting: counts.open,
    dead: counts.failed,
    last_tried: state.triedMs,
  };
}

export const webhookShape = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  severity: z.enum(SEVERITIES).describe("this and above"),
  ...healthFields,
}).meta({ id: "Webhook" });

/** A channel that subscribes to events by itself. */
export function webhookOf(view: ChannelView): z.output<typeof webhookShape> {
  const { events, severity } = view.subscription!;
  return {
    id: view.id,
    name: view.name,
    url: String(view.options.url),
    events: [...events],
    severity,
    ...healthFieldsOf(view),
  };
}
