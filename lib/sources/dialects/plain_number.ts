import { bad, type Dialect, good } from "./dialect.ts";
import { numberOf } from "./value.ts";

/** `21.5`: the topic names the sensor, the payload is its value. */
export const plainNumber: Dialect = {
  name: "plain-number",
  title: "Plain number",
  examples: [
    {
      topic: "factory/hall1/press3/temperature",
      payload: "21.5",
      drafts: [{ sensor: "hall1/press3/temperature", value: 21.5 }],
    },
    {
      topic: "edge/gateway/rpm",
      payload: " -1.2e3\n",
      drafts: [{ sensor: "gateway/rpm", value: -1200 }],
    },
    {
      topic: "sensors/boiler/telemetry",
      payload: ".5",
      drafts: [{ sensor: "default/boiler", value: 0.5 }],
    },
  ],
  decode(place, content) {
    if (content.kind !== "text") return null;
    const value = numberOf(content.text);
    if (Number.isNaN(value)) return null;
    if (!Number.isFinite(value)) {
      return bad("bad_value", `${content.text.slice(0, 40)} is outside the range of float64`);
    }
    return place.namesSensor ? good({ sensor: place.path, value }) : noSensor();
  },
};

/** The topic is too short to name a sensor, and the payload names none. */
export function noSensor() {
  return bad(
    "bad_topic",
    "the topic names no sensor; a single value needs <root>/<machine>/<sensor>",
  );
}
