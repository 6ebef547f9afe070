import type { RunColumns } from "../readings/runs.ts";
import { shownNow } from "../machines/words.ts";
import type { Sensor, SensorDirectory } from "../machines/sensor.ts";
import { TextBytes } from "./text_bytes.ts";

/** Chooses readings of a group by storage number and full name. */
export type ReadingMatch = (sensorNum: number, name: string) => boolean;

/** The columns of a commit group that are shown. */
export type ReadingColumns = Pick<RunColumns, "n" | "sensor" | "tMs" | "value">;

/**
 * Writes a commit group as the JSON of a `reading` event, in UTF-8 between two texts:
 * `{"readings":[{"sensor":<full name>,"ts":<epoch ms>,"value":<number, or text of a state sensor>}]}`.
 * Null when `match` chooses none of them.
 */
export type EncodeReadings = (
  group: ReadingColumns,
  match: ReadingMatch | null,
  before: string,
  after: string,
) => Uint8Array<ArrayBuffer> | null;

/** What the readings of a sensor begin with; `group` says for which group that was looked up. */
interface Head {
  group: number;
  sensor: Sensor | undefined;
  name: string;
  bytes: Uint8Array;
  chosen: boolean;
}

const utf8 = new TextEncoder();
const VALUE = utf8.encode(',"value":');

/** Creates the encoder; the quoted name of each sensor is kept, one entry per sensor. */
export function createReadingEncoder(
  sensors: Pick<SensorDirectory, "byNum">,
): EncodeReadings {
  const heads: Head[] = [];
  const out = new TextBytes();
  let groups = 0;

  /** The head of a sensor, looked up once for all of its readings of a group. */
  function headOf(num: number, match: ReadingMatch | null): Head {
    const sensor = sensors.byNum(num), name = sensor?.name ?? "";
    let head = heads[num];
    if (head === undefined || head.name !== name) {
      const bytes = utf8.encode(`{"sensor":${JSON.stringify(name)},"ts":`);
      head = heads[num] = { group: 0, sensor, name, bytes, chosen: false };
    }
    head.group = groups;
    head.sensor = sensor;
    head.chosen = sensor !== undefined && (match === null || match(num, name));
    return head;
  }

  return ({ n, sensor, tMs, value }, match, before, after) => {
    groups++;
    out.begin();
    out.text(`${before}{"readings":[`);
    const empty = out.length;
    for (let i = 0; i < n; i++) {
      let head = heads[sensor[i]];
      if (head === undefined || head.group !== groups) head = headOf(sensor[i], match);
      if (!head.chosen) continue;
      if (out.length > empty) out.byte(COMMA);
      out.bytes(head.bytes);
      out.time(tMs, i);
      out.bytes(VALUE);
      if (head.sensor!.kind === "text") out.text(JSON.stringify(shownNow(head.sensor!, value[i])));
      else out.number(value, i);
      out.byte(CLOSING_BRACE);
    }
    if (out.length === empty) return null;
    out.text(`]}${after}`);
    return out.done();
  };
}

const COMMA = 0x2c, CLOSING_BRACE = 0x7d;
