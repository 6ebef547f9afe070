import { bad, type Dialect, good, isFault } from "./dialect.ts";
import { noSensor } from "./plain_number.ts";
import { onOffOf, stateOf } from "./value.ts";

/** `on`, `off`, `true`, `false`, `open`, `closed`, or another text that names a state. */
export const words: Dialect = {
  name: "words",
  title: "On/off words and text states",
  examples: [
    {
      topic: "factory/hall1/door/contact",
      payload: "OPEN",
      drafts: [{ sensor: "hall1/door/contact", value: true, word: "OPEN" }],
    },
    {
      topic: "factory/hall1/pump/power",
      payload: "off",
      drafts: [{ sensor: "hall1/pump/power", value: false, word: "off" }],
    },
    {
      topic: "factory/hall1/press3/mode",
      payload: "setting up",
      drafts: [{ sensor: "hall1/press3/mode", value: "setting up" }],
    },
  ],
  decode(place, content) {
    if (content.kind !== "text") return null;
    const onOff = onOffOf(content.text);
    const found = onOff === null ? stateOf(content.text) : { value: onOff, word: content.text };
    if (isFault(found)) return bad(found.code, found.message);
    return place.namesSensor ? good({ sensor: place.path, ...found }) : noSensor();
  },
};
