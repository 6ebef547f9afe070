import type { AnnouncedEntity } from "../device.ts";
import { type Config, listOf } from "./abbreviations.ts";
import { clean, textOf } from "./about.ts";
import { isTopicOrFilter, type Maker, payloadText, templateOf } from "./common.ts";
import type { Reading } from "./plan.ts";
import { readTemplate } from "./template/template.ts";

/** What every state has: where it comes and how it is read. Null: it has no topic, or comes as raw bytes. */
export function readingOf(
  config: Config,
  as: Reading["as"],
  topic: unknown = config.state_topic,
  template: unknown = config.value_template,
): Reading | null {
  if (!isTopicOrFilter(topic) || config.encoding === "") return null;
  const encoding = textOf(config.encoding)?.toLowerCase();
  const isOther = encoding !== undefined && encoding !== "utf-8" && encoding !== "utf8";
  return clean({
    topic,
    template: templateOf(template),
    encoding: isOther ? encoding : undefined,
    as,
  });
}

/** Why a state without a topic is refused: an empty encoding alone is no fault. */
export function lacksTopic(config: Config): { fault: string } | never[] {
  return isTopicOrFilter(config.state_topic) ? [] : { fault: "state_topic is missing" };
}

/** Device classes of texts; all others are of numbers. */
const TEXT_CLASSES = new Set(["enum", "timestamp", "date", "uptime"]);
const OPTIONS_MOST = 500;

export const sensor: Maker = (config) => {
  const deviceClass = textOf(config.device_class);
  const options = optionsOf(config);
  const unit = textOf(config.unit_of_measurement);
  const decimals = config.suggested_display_precision;
  const isText = options !== undefined || TEXT_CLASSES.has(deviceClass ?? "");
  const isNumber = unit !== undefined || deviceClass !== undefined ||
    textOf(config.state_class) !== undefined || typeof decimals === "number";
  const read = readingOf(config, isText ? "text" : isNumber ? "number" : "auto");
  if (read === null) return lacksTopic(config);
  if (read.as === "auto") read.as = guessed(read.template);
  if (options !== undefined) read.options = options;
  if (deviceClass === "timestamp" || deviceClass === "date") read.time = deviceClass;
  const more: Partial<AnnouncedEntity> = clean({
    unit: isText ? undefined : unit,
    deviceClass,
    stateClass: textOf(config.state_class),
    decimals: typeof decimals === "number" ? decimals : undefined,
    options,
    expireAfterMs: expiry(config),
  });
  return [{ part: null, kind: read.as === "auto" ? "text" : read.as, read, more }];
};

/** Nothing says what it is: a template may. What cannot be read gets no value that would tell. */
function guessed(source: string | undefined): Reading["as"] {
  if (source === undefined) return "auto";
  const template = readTemplate(source);
  if (template.unsupported !== null) return "text";
  return template.givesNumber ? "number" : "auto";
}

export const binarySensor: Maker = (config) => {
  const read = readingOf(config, "binary");
  if (read === null) return lacksTopic(config);
  read.on = payloadText(config.payload_on) ?? "ON";
  read.off = payloadText(config.payload_off) ?? "OFF";
  const more = clean({
    deviceClass: textOf(config.device_class),
    expireAfterMs: expiry(config),
  });
  return [{ part: null, kind: "binary", read, more }];
};

export function optionsOf(config: Config): string[] | undefined {
  const options = listOf(config.options)?.map(payloadText).filter((one) => one !== undefined);
  return options === undefined || options.length === 0 ? undefined : options.slice(0, OPTIONS_MOST);
}

function expiry({ expire_after: seconds }: Config): number | undefined {
  const number = typeof seconds === "string" ? Number(seconds) : seconds;
  return typeof number === "number" && number > 0 && number < 1e9 ? number * 1000 : undefined;
}
