/** Configurations of Home Assistant's discovery: made up, with the structure of the real thing. */

export const ATTIC = {
  ...{ name: "Attic temperature", uniq_id: "att_t", stat_t: "attic/s", unit_of_meas: "°C" },
  ...{ dev_cla: "temperature", stat_cla: "measurement", val_tpl: "{{ value_json.temp }}" },
  dev: { ids: ["att1"], name: "Attic", mf: "Own", mdl: "N1", sw: "1.2" },
};
export const PRESS = {
  dev: { ids: "press7", name: "Press 7", sn: "X-7" },
  o: { name: "ownfw", sw: "3.1", url: "https://example.invalid" },
  ...{ stat_t: "press7/state", avty_t: "press7/alive" },
  cmps: {
    t: {
      ...{ p: "sensor", uniq_id: "press7_t", dev_cla: "temperature", unit_of_meas: "°C" },
      val_tpl: "{{ value_json.t }}",
    },
    run: {
      ...{ p: "binary_sensor", uniq_id: "press7_run", val_tpl: "{{ value_json.run }}" },
      ...{ pl_on: true, pl_off: false },
    },
  } as Record<string, unknown>,
};

/** A sensor by itself, of a device "D". */
export const sensor = (more: Record<string, unknown>) => ({
  ...{ name: "S", uniq_id: "s1", stat_t: "d/s", dev: { ids: ["d"], name: "D" } },
  ...more,
});
