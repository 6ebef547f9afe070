/** Devices as they speak in each dialect: made up, with the structure of the real thing. */
import { WireWriter } from "../../../lib/sources/sparkplug/wire.ts";

export type Payload = string | Uint8Array;
export type Spoken = [topic: string, payload: Payload];

export interface Speaker {
  /** Name of the dialect that understands it. */
  dialect: string;
  /** How it is called where a dialect has several. */
  name: string;
  /** What is said before anything else, retained where `retain`. */
  announce: Spoken[];
  /** Its nth message. */
  say(n: number): Spoken;
  /** Readings of each message. */
  values: number;
}

const DEVICES = 20;
const START_MS = Date.UTC(2026, 4, 1);
/** Of devices whose times are believed: what is old is stored elsewhere than what plain messages bring. */
const NOW_MS = Date.now();
const json = (topic: string, payload: unknown): Spoken => [topic, JSON.stringify(payload)];
const each = <T>(make: (device: number) => T): T[] =>
  Array.from({ length: DEVICES }, (_, i) => make(i));
const iso = (n: number) => new Date(START_MS + n * 1_000).toISOString();
const mac = (device: number) => `0200000000${device.toString(16).padStart(2, "0")}`;
/** Values that change from message to message. */
const changing = (n: number, base = 20) => base + (n * 7919 % 1000) / 100;

function discovered(component: string, id: string, key: string, more: object): Spoken {
  return json(`homeassistant/${component}/${id}/${key}/config`, {
    ...{ name: key, uniq_id: `${id}_${key}` },
    ...{ dev: { ids: [id], name: id, mf: "Own", mdl: "M1", sw: "1.0" } },
    ...more,
  });
}

/** Readings of one JSON payload by templates, as Zigbee2MQTT and many others have themselves discovered. */
const homeAssistant: Speaker = {
  ...{ dialect: "home_assistant", name: "home_assistant", values: 4 },
  announce: each((d) =>
    ["temperature", "humidity", "battery", "linkquality"].map((key) =>
      discovered("sensor", `ha${d}`, key, {
        stat_t: `rooms/${d}`,
        val_tpl: `{{ value_json.${key} }}`,
        avty: [{ t: "rooms/bridge" }],
      })
    )
  ).flat(),
  say: (n) =>
    json(`rooms/${n % DEVICES}`, {
      temperature: changing(n),
      humidity: changing(n, 50),
      battery: 80,
      linkquality: n % 255,
    }),
};

/** A topic for each value, without a template. */
const esphome: Speaker = {
  ...{ dialect: "esphome", name: "esphome", values: 1 },
  announce: each((d) =>
    discovered("sensor", `kiln${d}`, "zone", {
      stat_t: `kiln${d}/sensor/zone/state`,
      avty_t: `kiln${d}/status`,
    })
  ),
  say: (n) => [`kiln${n % DEVICES}/sensor/zone/state`, String(changing(n))],
};

const zigbee: Speaker = {
  ...{ dialect: "zigbee2mqtt", name: "zigbee2mqtt", values: 4 },
  announce: each((d) => [
    json(`zigbee2mqtt/bridge/state`, { state: "online" }),
    ...["temperature", "humidity", "battery", "linkquality"].map((key) =>
      discovered("sensor", `0x00124b00000000${d.toString(16).padStart(2, "0")}`, key, {
        stat_t: `zigbee2mqtt/room ${d}`,
        val_tpl: `{{ value_json.${key} }}`,
      })
    ),
  ]).flat(),
  say: (n) =>
    json(`zigbee2mqtt/room ${n % DEVICES}`, {
      battery: 87,
      humidity: changing(n, 48),
      linkquality: n % 255,
      temperature: changing(n),
    }),
};

const tasmota: Speaker = {
  ...{ dialect: "tasmota", name: "tasmota", values: 3 },
  announce: each((d) =>
    json(`tasmota/discovery/${mac(d).toUpperCase()}/config`, {
      ...{ ip: "192.0.2.7", dn: `Shop ${d}`, fn: [`Shop ${d}`, null], hn: `shop-${d}` },
      ...{ mac: mac(d).toUpperCase(), md: "Generic", ty: 0, ofln: "Offline", onln: "Online" },
      ...{ state: ["OFF", "ON", "TOGGLE", "HOLD"], sw: "14.2.0", t: `shop${d}` },
      ...{ ft: "%prefix%/%topic%/", tp: ["cmnd", "stat", "tele"], rl: [1], swc: [-1], btn: [0] },
      ...{ so: { 4: 0 }, ver: 1 },
    })
  ),
  say: (n) =>
    json(`tele/shop${n % DEVICES}/SENSOR`, {
      Time: iso(n).slice(0, 19),
      AM2301: { Temperature: changing(n), Humidity: changing(n, 40), DewPoint: 7.3 },
      TempUnit: "C",
    }),
};

const shelly: Speaker = {
  ...{ dialect: "shelly", name: "shelly", values: 3 },
  announce: [],
  say(n) {
    const id = `shellyplus1pm-${mac(n % DEVICES)}`;
    return json(`${id}/events/rpc`, {
      ...{ src: id, dst: `${id}/events`, method: "NotifyStatus" },
      params: {
        ts: (NOW_MS + n) / 1000,
        "switch:0": {
          ...{ id: 0, apower: changing(n), voltage: changing(n, 225) },
          aenergy: { total: 1000 + n, by_minute: [1, 2, 3], minute_ts: START_MS / 1000 },
        },
      },
    });
  },
};

const shellyFirst: Speaker = {
  ...{ dialect: "shelly", name: "shelly_gen1", values: 1 },
  announce: [],
  say: (n) => [`shellies/shelly1pm-00AA${10 + n % DEVICES}/relay/0/power`, changing(n).toFixed(2)],
};

const rtl433: Speaker = {
  ...{ dialect: "rtl_433", name: "rtl_433", values: 3 },
  announce: [],
  say: (n) =>
    json("rtl_433/h/events", {
      ...{ time: iso(n).slice(0, 19).replace("T", " "), model: "Own-TH", id: n % DEVICES },
      ...{ channel: 1, battery_ok: 1, temperature_C: changing(n), humidity: 71 },
    }),
};

const gateway: Speaker = {
  ...{ dialect: "openmqttgateway", name: "openmqttgateway", values: 4 },
  announce: [],
  say: (n) =>
    json(`home/g/BTtoMQTT/${mac(n % DEVICES).toUpperCase()}`, {
      ...{ id: mac(n % DEVICES).toUpperCase().replace(/..(?!$)/g, "$&:"), name: "LYWSD03MMC" },
      ...{ rssi: -70, tempc: changing(n), hum: changing(n, 50), batt: 77 },
    }),
};

const chirpstack: Speaker = {
  ...{ dialect: "chirpstack", name: "chirpstack", values: 3 },
  announce: [],
  say(n) {
    const devEui = (n % DEVICES + 1).toString(16).padStart(16, "0");
    return json(`application/1/device/${devEui}/event/up`, {
      time: new Date(NOW_MS + n).toISOString(),
      deviceInfo: { deviceName: `silo ${n % DEVICES}`, devEui, applicationName: "plant" },
      ...{ devAddr: "00000001", fCnt: n, fPort: 2, object: { level: changing(n) } },
      rxInfo: [{ gatewayId: "0000000000000001", rssi: -101, snr: 6.2 }],
    });
  },
};

/** Types of Sparkplug B: Int32, DateTime and so on stand in the product; the numbers here are the protocol's. */
function sparkplugPayload(
  seq: number,
  tMs: number,
  metrics: [name: string | null, alias: number | null, type: number, value: number][],
): Uint8Array {
  const writer = new WireWriter().uint(1, tMs);
  for (const [name, alias, type, value] of metrics) {
    const metric = new WireWriter();
    if (name !== null) metric.text(1, name);
    if (alias !== null) metric.uint(2, alias);
    metric.uint(3, tMs);
    if (name !== null) metric.uint(4, type);
    if (type === 10) metric.double(13, value);
    else if (type === 11) metric.uint(14, value);
    else metric.uint(11, value);
    writer.bytes(2, metric.done());
  }
  return writer.uint(3, seq).done();
}

const sparkplug: Speaker = {
  ...{ dialect: "sparkplug", name: "sparkplug", values: 3 },
  announce: [[
    "spBv1.0/Plant/NBIRTH/Press",
    sparkplugPayload(0, START_MS, [
      ["bdSeq", null, 8, 7],
      ["Room/Temperature", 1, 10, 20],
      ["Room/Humidity", 2, 10, 50],
      ["Room/Pressure", 3, 10, 1000],
    ]),
  ]],
  say: (n) => [
    "spBv1.0/Plant/NDATA/Press",
    sparkplugPayload((n + 1) % 256, START_MS + (n + 1) * 10, [
      [null, 1, 10, changing(n)],
      [null, 2, 10, changing(n, 50)],
      [null, 3, 10, changing(n, 990)],
    ]),
  ],
};

/** All of them. */
export const SPEAKERS: readonly Speaker[] = [
  homeAssistant,
  esphome,
  zigbee,
  tasmota,
  shelly,
  shellyFirst,
  rtl433,
  gateway,
  chirpstack,
  sparkplug,
];

/** The same number of values as plain JSON, on topics that are nobody's. */
export function plain(values: number): Speaker {
  return {
    ...{ dialect: "plain", name: `plain_${values}`, values },
    announce: [],
    say(n) {
      const machine = `factory/plain/m${n % DEVICES}`;
      const readings = Array.from({ length: values }, (_, i) => [`value${i}`, changing(n, 10 * i)]);
      return json(machine, Object.fromEntries(readings));
    },
  };
}

/** 1 000 entities of 100 devices, as their announcements. */
export function manyAnnouncements(): Spoken[] {
  return Array.from(
    { length: 100 },
    (_, d) =>
      Array.from({ length: 10 }, (_, k) =>
        discovered("sensor", `many${d}`, `v${k}`, {
          stat_t: `many/${d}`,
          unit_of_meas: "°C",
          val_tpl: `{{ value_json.v${k} | round(1) }}`,
          avty_t: `many/${d}/lwt`,
        })),
  ).flat();
}
