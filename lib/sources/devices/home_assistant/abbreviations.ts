/*
 * Short keys of discovery. Only those that are read here: whatever else a configuration holds is passed over.
 * A long key beside its short one wins.
 */

const ROOT: Readonly<Record<string, string>> = {
  act_t: "action_topic",
  act_tpl: "action_template",
  avty: "availability",
  avty_mode: "availability_mode",
  avty_t: "availability_topic",
  avty_tpl: "availability_template",
  cmd_t: "command_topic",
  cmd_tpl: "command_template",
  cmps: "components",
  curr_hum_t: "current_humidity_topic",
  curr_hum_tpl: "current_humidity_template",
  curr_temp_t: "current_temperature_topic",
  curr_temp_tpl: "current_temperature_template",
  def_ent_id: "default_entity_id",
  dev: "device",
  dev_cla: "device_class",
  e: "encoding",
  en: "enabled_by_default",
  ent_cat: "entity_category",
  exp_aft: "expire_after",
  fan_mode_stat_t: "fan_mode_state_topic",
  fan_mode_stat_tpl: "fan_mode_state_template",
  hum_cmd_t: "target_humidity_command_topic",
  hum_stat_t: "target_humidity_state_topic",
  hum_state_tpl: "target_humidity_state_template",
  hum_stat_tpl: "target_humidity_state_template",
  json_attr_t: "json_attributes_topic",
  migr_discvry: "migrate_discovery",
  mode_cmd_t: "mode_command_topic",
  mode_stat_t: "mode_state_topic",
  mode_stat_tpl: "mode_state_template",
  o: "origin",
  obj_id: "object_id",
  off_dly: "off_delay",
  ops: "options",
  p: "platform",
  pct_cmd_t: "percentage_command_topic",
  pct_stat_t: "percentage_state_topic",
  pct_val_tpl: "percentage_value_template",
  pl_avail: "payload_available",
  pl_not_avail: "payload_not_available",
  pl_off: "payload_off",
  pl_on: "payload_on",
  pl_prs: "payload_press",
  pl_rst: "payload_reset",
  pl_rst_pct: "payload_reset_percentage",
  pos_clsd: "position_closed",
  pos_open: "position_open",
  pos_t: "position_topic",
  pos_tpl: "position_template",
  pr_mode_stat_t: "preset_mode_state_topic",
  pr_mode_val_tpl: "preset_mode_value_template",
  ret: "retain",
  set_pos_t: "set_position_topic",
  spd_rng_max: "speed_range_max",
  spd_rng_min: "speed_range_min",
  stat_cla: "state_class",
  stat_closing: "state_closing",
  stat_clsd: "state_closed",
  stat_jam: "state_jammed",
  stat_locked: "state_locked",
  stat_locking: "state_locking",
  stat_off: "state_off",
  stat_on: "state_on",
  stat_open: "state_open",
  stat_opening: "state_opening",
  stat_stopped: "state_stopped",
  stat_t: "state_topic",
  stat_tpl: "state_template",
  stat_unlocked: "state_unlocked",
  stat_unlocking: "state_unlocking",
  stat_val_tpl: "state_value_template",
  sug_dsp_prc: "suggested_display_precision",
  t: "topic",
  temp_cmd_t: "temperature_command_topic",
  temp_hi_stat_t: "temperature_high_state_topic",
  temp_hi_stat_tpl: "temperature_high_state_template",
  temp_lo_stat_t: "temperature_low_state_topic",
  temp_lo_stat_tpl: "temperature_low_state_template",
  temp_stat_t: "temperature_state_topic",
  temp_stat_tpl: "temperature_state_template",
  temp_unit: "temperature_unit",
  tilt_status_t: "tilt_status_topic",
  tilt_status_tpl: "tilt_status_template",
  uniq_id: "unique_id",
  unit_of_meas: "unit_of_measurement",
  val_tpl: "value_template",
};

const DEVICE: Readonly<Record<string, string>> = {
  cns: "connections",
  cu: "configuration_url",
  hw: "hw_version",
  ids: "identifiers",
  mdl: "model",
  mdl_id: "model_id",
  mf: "manufacturer",
  sa: "suggested_area",
  sn: "serial_number",
  sw: "sw_version",
};

const ORIGIN: Readonly<Record<string, string>> = { sw: "sw_version", url: "support_url" };

export type Config = Record<string, unknown>;

export function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A configuration with its long keys, and what `~` stands for in its topics. */
export function expanded(config: Config): Config {
  const out = long(config, ROOT);
  if (isConfig(out.device)) out.device = long(out.device, DEVICE);
  if (isConfig(out.origin)) out.origin = long(out.origin, ORIGIN);
  const list = listOf(out.availability);
  if (list !== null) out.availability = list.map((one) => isConfig(one) ? long(one, ROOT) : one);
  const base = out["~"];
  if (typeof base !== "string") return out;
  withBase(out, base);
  for (const one of listOf(out.availability) ?? []) if (isConfig(one)) withBase(one, base);
  return out;
}

/** Lists may be written as the one thing that they hold. */
export function listOf(value: unknown): unknown[] | null {
  if (value === undefined || value === null) return null;
  return Array.isArray(value) ? value : [value];
}

function long(config: Config, names: Readonly<Record<string, string>>): Config {
  const out: Config = {};
  for (const [key, value] of Object.entries(config)) {
    if (key === "__proto__") continue;
    const name = Object.hasOwn(names, key) ? names[key] : key;
    if (name === key || !Object.hasOwn(config, name)) out[name] = value;
  }
  return out;
}

/** `~` at the start or the end of a key that ends in `topic`. */
function withBase(config: Config, base: string): void {
  for (const [key, value] of Object.entries(config)) {
    if (typeof value !== "string" || !key.endsWith("topic")) continue;
    let topic = value;
    if (topic.startsWith("~")) topic = base + topic.slice(1);
    if (topic.endsWith("~")) topic = topic.slice(0, -1) + base;
    config[key] = topic;
  }
}
