/** Components of several values: their states alone, no orders. */
import type { AnnouncedEntity } from "../device.ts";
import type { Config } from "./abbreviations.ts";
import { clean, textOf } from "./about.ts";
import { type Made, type Maker, payloadText } from "./common.ts";
import { readingOf } from "./sensors.ts";

type State = [key: string, payload: string, word: string];

const LOCK_STATES: readonly State[] = [
  ["state_locked", "LOCKED", "locked"],
  ["state_unlocked", "UNLOCKED", "unlocked"],
  ["state_locking", "LOCKING", "locking"],
  ["state_unlocking", "UNLOCKING", "unlocking"],
  ["state_jammed", "JAMMED", "jammed"],
];
const COVER_STATES: readonly State[] = [
  ["state_open", "open", "open"],
  ["state_opening", "opening", "opening"],
  ["state_closed", "closed", "closed"],
  ["state_closing", "closing", "closing"],
  ["state_stopped", "stopped", "stopped"],
];

/** A state of which each word is sent in its own way. */
function wordState(config: Config, states: readonly State[]): Made[] {
  const read = readingOf(config, "text");
  if (read === null) return [];
  read.words = Object.fromEntries(
    states.map(([key, payload, word]) => [payloadText(config[key]) ?? payload, word]),
  );
  const more = clean({
    deviceClass: textOf(config.device_class),
    options: states.map(([, , word]) => word),
  });
  return [{ part: null, kind: "text", read, more }];
}

function numberPart(
  config: Config,
  part: string | null,
  topic: unknown,
  template: unknown,
  more: Partial<AnnouncedEntity> = {},
): Made[] {
  const read = readingOf(config, "number", topic, template ?? config.value_template);
  return read === null ? [] : [{ part, kind: "number", read, more: clean(more) }];
}

function textPart(config: Config, part: string, topic: unknown, template: unknown): Made[] {
  const read = readingOf(config, "text", topic, template ?? config.value_template);
  return read === null ? [] : [{ part, kind: "text", read }];
}

/** One of which nothing can be read is known, and nothing is kept of it. */
export const lock: Maker = (config) => wordState(config, LOCK_STATES);

export const cover: Maker = (config) => {
  const { position_topic, position_template, tilt_status_topic, tilt_status_template } = config;
  const isPercent = config.position_open === undefined && config.position_closed === undefined;
  return [
    ...wordState(config, COVER_STATES),
    ...numberPart(config, "position", position_topic, position_template ?? "", {
      unit: isPercent ? "%" : undefined,
    }),
    ...numberPart(config, "tilt", tilt_status_topic, tilt_status_template ?? ""),
  ];
};

export const fan: Maker = (config) => {
  const read = readingOf(config, "binary", config.state_topic, config.state_value_template);
  if (read !== null) {
    read.on = payloadText(config.payload_on) ?? "ON";
    read.off = payloadText(config.payload_off) ?? "OFF";
  }
  const isPercent = config.speed_range_min === undefined && config.speed_range_max === undefined;
  const speed = numberPart(
    config,
    "speed",
    config.percentage_state_topic,
    config.percentage_value_template ?? "",
    { unit: isPercent ? "%" : undefined },
  );
  for (const { read } of speed) read!.none = payloadText(config.payload_reset_percentage) ?? "None";
  return [...(read === null ? [] : [{ part: null, kind: "binary" as const, read }]), ...speed];
};

export const climate: Maker = (config) => {
  const unit = temperatureUnit(config);
  const warmth = { unit, deviceClass: "temperature" };
  const of = (part: string, key: string, more: Partial<AnnouncedEntity>) =>
    numberPart(config, part, config[`${key}_topic`], config[`${key}_template`], more);
  const word = (part: string, key: string, template = `${key}_template`) =>
    textPart(config, part, config[`${key}_topic`], config[template]);
  return [
    ...of("current temperature", "current_temperature", warmth),
    ...of("current humidity", "current_humidity", { unit: "%", deviceClass: "humidity" }),
    ...of("target temperature", "temperature_state", warmth),
    ...of("target temperature low", "temperature_low_state", warmth),
    ...of("target temperature high", "temperature_high_state", warmth),
    ...of("target humidity", "target_humidity_state", { unit: "%", deviceClass: "humidity" }),
    ...word("mode", "mode_state"),
    ...word("action", "action"),
    ...word("fan mode", "fan_mode_state"),
    ...word("preset", "preset_mode_state", "preset_mode_value_template"),
  ];
};

function temperatureUnit(config: Config): string | undefined {
  const unit = textOf(config.temperature_unit)?.toUpperCase();
  return unit === "C" || unit === "F" ? `°${unit}` : undefined;
}
