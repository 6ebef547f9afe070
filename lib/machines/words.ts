import type { SqlStatement } from "../db/client.ts";
import type { Draft, SensorKind } from "../readings/reading.ts";
import { type Resolved, type Sensor, type SensorNews, shownValue } from "./sensor.ts";
import { calibrated } from "./sensor_settings.ts";
import { insertState, setKindStatement } from "./store.ts";

/*
 * Words that sensors report. A sensor that only ever reports two words that mean on and off is an on/off sensor
 * (0 and 1); the words themselves are remembered as its texts 0 and 1. When it reports a third one, it becomes a
 * text sensor, and what it reported before are the words that it sent.
 */

/** Stands in the history for each text beyond the most that are kept of one sensor. */
export const OTHER_TEXT = "(another text)";

/** Words by which a device reports that it has no value; of a sensor of words they are words like others. */
const NO_VALUE = /^(?:none|unknown)$/i;
const OPPOSITES = [["closed", "open"], ["off", "on"], ["false", "true"]] as const;

export interface Words {
  /** Every reading but a number, small enough to be stored, for a sensor of numbers. */
  resolve(sensor: Sensor, draft: Draft): Resolved;
  /** The reading of a word, of a sensor whose kind is not number. */
  take(sensor: Sensor, draft: Draft): Resolved;
  /** Remembers the word for on or off of an on/off sensor. */
  remember(sensor: Sensor, word: string, on: boolean): void;
}

export function createWords(deps: {
  nowMs: () => number;
  /** Texts that are kept of one sensor. */
  textsMost: number;
  write: (statement: SqlStatement) => void;
  publish: (news: SensorNews) => void;
  onKind: (sensor: Sensor) => void;
}): Words {
  const { textsMost, write } = deps;

  function put(sensor: Sensor, code: number, text: string): void {
    sensor.states[code] = text;
    write(insertState(sensor.num, code, text));
  }

  function setKind(sensor: Sensor, kind: SensorKind): void {
    sensor.kind = kind;
    write(setKindStatement(sensor.num, kind));
    deps.onKind(sensor);
  }

  /** Its 0 and 1 become the codes of the words that it sent. */
  function becomeText(sensor: Sensor): void {
    const [off, on] = sensor.states;
    if (off === undefined) put(sensor, 0, oppositeOf(on, 0));
    if (on === undefined) put(sensor, 1, oppositeOf(off, 1));
    setKind(sensor, "text");
  }

  function codeOf(sensor: Sensor, text: string): number {
    const known = sensor.states.indexOf(text);
    if (known >= 0 && known < textsMost) return known;
    if (sensor.states.length < textsMost) {
      const code = sensor.states.length;
      put(sensor, code, text);
      return code;
    }
    if (sensor.states.length === textsMost) {
      put(sensor, textsMost, OTHER_TEXT);
      deps.publish({ what: "many_texts", sensor, most: textsMost });
    }
    sensor.latestText = text;
    return textsMost;
  }

  function remember(sensor: Sensor, word: string, on: boolean): void {
    const code = on ? 1 : 0;
    if (sensor.states[code] === undefined) put(sensor, code, word);
  }

  function take(sensor: Sensor, draft: Draft): Resolved {
    if (sensor.kind === "binary") becomeText(sensor);
    return { ok: true, sensor, value: codeOf(sensor, draft.word ?? String(draft.value)) };
  }

  function resolve(sensor: Sensor, draft: Draft): Resolved {
    const { value, word } = draft;
    if (sensor.kind === "text") return take(sensor, draft);
    if (typeof value === "string") {
      return sensor.kind === "binary" ? take(sensor, draft) : noNumber(sensor, value);
    }
    if (word !== undefined) {
      if (sensor.kind === "number" && !isSwitch(sensor)) return noNumber(sensor, word);
      remember(sensor, word, value === true);
    }
    const raw = Number(value);
    if (sensor.kind === "binary" && raw !== 0 && raw !== 1) setKind(sensor, "number");
    const stored = sensor.kind === "number" ? calibrated(sensor.settings, raw) : raw;
    if (Number.isFinite(stored) || !Number.isFinite(raw)) {
      return { ok: true, sensor, value: stored };
    }
    return {
      ok: false,
      code: "bad_value",
      message: `${sensor.name}: ${raw} is too large to be stored with its scale`,
    };
  }

  /** A word of a sensor that reports numbers: it has no value just now. */
  function noNumber(sensor: Sensor, word: string): Resolved {
    sensor.latestWord = { text: word, tMs: deps.nowMs() };
    return {
      ok: false,
      code: "no_value",
      message: `${sensor.name} reports numbers; "${word.slice(0, 40)}" is text`,
    };
  }

  return { resolve, take, remember };
}

/** Whether a word means that there is no value, of a sensor of which nothing is known yet. */
export function saysNothing(word: string): boolean {
  return NO_VALUE.test(word);
}

/** The word for the other side, written alike; plain on and off when nothing is known. */
function oppositeOf(word: string | undefined, code: 0 | 1): string {
  const low = word?.toLowerCase() ?? "";
  const plain = OPPOSITES.find((pair) => pair[1 - code] === low)?.[code] ?? OPPOSITES[1][code];
  if (word === undefined || word === low) return plain;
  return word === word.toUpperCase()
    ? plain.toUpperCase()
    : plain[0].toUpperCase() + plain.slice(1);
}

/** The same as `shownValue`, of the last reading or a new one: of more texts than are kept, the latest. */
export function shownNow(sensor: Sensor, value: number): number | string {
  const shown = shownValue(sensor, value);
  return shown === OTHER_TEXT ? sensor.latestText ?? shown : shown;
}

/** Whether a sensor of numbers reports 0 and 1, for which devices send on and off as well. */
function isSwitch({ last }: Sensor): boolean {
  return last !== null && (last.value === 0 || last.value === 1);
}
