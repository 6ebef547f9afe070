import type { OrderSpec } from "../../../machines/order.ts";
import type { AnnouncedEntity } from "../device.ts";
import type { Config } from "./abbreviations.ts";
import { type About, clean, textOf } from "./about.ts";
import { isTopic, type Made, type Maker, payloadText, templateOf } from "./common.ts";
import type { Ordering } from "./plan.ts";
import { optionsOf, readingOf } from "./sensors.ts";

/** What is told to a device: each needs the topic of its orders. */
function ordering(config: Config, more: Partial<Ordering> = {}): Ordering | null {
  if (!isTopic(config.command_topic)) return null;
  return clean({
    topic: config.command_topic,
    template: templateOf(config.command_template),
    qos: Number(config.qos) >= 1 ? 1 as const : 0 as const,
    ...more,
  });
}

function orderOf(
  about: About,
  kind: OrderSpec["kind"],
  to: Ordering,
  more: Partial<OrderSpec> = {},
): OrderSpec {
  return clean({ kind, ...more, way: { dialect: about.dialect, to: { ...to } } });
}

const noTopic = { fault: "command_topic is missing" };

/** One whose state is not sent measures nothing, and can be told all the same. */
function made(
  kind: Exclude<AnnouncedEntity["kind"], null>,
  read: Made["read"] | null,
  more: Partial<AnnouncedEntity>,
): Made[] {
  return [{
    part: null,
    kind: read === null ? null : kind,
    ...(read === null ? {} : { read }),
    more,
  }];
}

export const switchOf: Maker = (config, about) => {
  const [on, off] = [
    payloadText(config.payload_on) ?? "ON",
    payloadText(config.payload_off) ?? "OFF",
  ];
  const to = ordering(config, { on, off });
  const read = readingOf(config, "binary");
  if (to === null && read === null) return noTopic;
  if (read !== null) {
    read.on = payloadText(config.state_on) ?? on;
    read.off = payloadText(config.state_off) ?? off;
  }
  const deviceClass = textOf(config.device_class);
  const order = to === null ? undefined : orderOf(about, "switch", to);
  return made("binary", read, clean({ deviceClass, order }));
};

export const number: Maker = (config, about) => {
  const to = ordering(config);
  const read = readingOf(config, "number");
  if (to === null && read === null) return noTopic;
  if (read !== null) read.none = payloadText(config.payload_reset);
  const [min, max] = [numberOf(config.min) ?? 1, numberOf(config.max) ?? 100];
  if (min > max) return { fault: `min (${min}) is above max (${max})` };
  const step = numberOf(config.step);
  const limits = { min, max, step: step !== undefined && step > 0 ? step : 1 };
  return made(
    "number",
    read,
    clean({
      unit: textOf(config.unit_of_measurement),
      deviceClass: textOf(config.device_class),
      order: to === null ? undefined : orderOf(about, "number", to, limits),
    }),
  );
};

export const select: Maker = (config, about) => {
  const options = optionsOf(config);
  const to = ordering(config);
  const read = readingOf(config, "text");
  if (to === null && read === null) return noTopic;
  if (options === undefined) return { fault: "options are missing" };
  if (read !== null) read.options = options;
  const order = to === null ? undefined : orderOf(about, "select", to, { options });
  return made("text", read, clean({ options, order }));
};

export const button: Maker = (config, about) => {
  const to = ordering(config, { on: payloadText(config.payload_press) ?? "PRESS" });
  if (to === null) return noTopic;
  const more = { deviceClass: textOf(config.device_class), order: orderOf(about, "button", to) };
  return [{ part: null, kind: null, more: clean(more) }];
};

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
