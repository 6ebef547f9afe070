/** What the machines of the house are made of. Each decides for itself when it reports. */
import type { Random } from "../random.ts";
import type { Machine, SensorSpec, Value } from "../machines/machine.ts";
import type { Wear } from "../faults.ts";
import type { Surroundings } from "./weather.ts";

/** How well a part of the house does, 0 (as new) to 1. */
export type Trouble = Wear;

export interface Around extends Surroundings {
  nowS: number;
  wear: Trouble;
}

/** One quantity: when it reports, and what. */
export interface Voice {
  name: string;
  unit: string;
  decimals?: number;
  state?: boolean;
  /** Seconds between two readings; left out: on change alone. */
  everyS?: number;
  /** Reports as soon as the value has moved this far (numbers) or at all (states). */
  onChange?: number;
  /** With `onChange`: at the latest after this long. */
  heartbeatS?: number;
  /** Measurement noise. */
  noise?: number;
  read(around: Around): Value | null;
}

/** The surroundings at a time, in seconds since the start. */
export type AroundAt = (nowS: number) => Surroundings;

/** A machine of voices; `live` moves what they share, once a tick. */
export function houseMachine(
  path: string,
  random: Random,
  surroundings: AroundAt,
  { tickS = 60, live, voices }: {
    tickS?: number;
    live?: (around: Around, dtS: number) => void;
    voices: readonly Voice[];
  },
): Machine {
  const reported = voices.map((voice) => ({
    dueS: Math.floor((voice.everyS ?? voice.heartbeatS ?? 0) * random.uniform()),
    value: undefined as Value | undefined,
    // Timers of devices are not alike.
    driftS: 0,
    atS: -Infinity,
  }));
  let nowS = 0;
  return {
    path,
    dialect: "many",
    tickS,
    sensors: voices.filter((voice) => !voice.state).map((voice): SensorSpec => ({
      name: voice.name,
      unit: voice.unit,
      noise: voice.noise ?? 0,
      decimals: voice.decimals ?? 1,
      spike: 0,
    })),
    states: voices.filter((voice) => voice.state).map((voice) => voice.name),
    speaks: true,
    step(wear) {
      nowS += tickS;
      const around: Around = { ...surroundings(nowS), nowS, wear };
      live?.(around, tickS);
      const out: Record<string, Value> = {};
      voices.forEach((voice, i) => {
        const last = reported[i];
        if (voice.everyS !== undefined && nowS < last.dueS) return;
        let value = voice.read(around);
        // Asleep, or out of reach.
        if (value === null) return;
        if (typeof value === "number") {
          const scale = 10 ** (voice.decimals ?? 1);
          value = Math.round((value + (voice.noise ?? 0) * random.normal()) * scale) / scale;
        }
        if (voice.everyS !== undefined) {
          while (last.dueS <= nowS) last.dueS += voice.everyS;
          // One message in three hundred is lost.
          if (random.uniform() < 1 / 300) return;
        } else {
          const beats = voice.heartbeatS !== undefined && nowS - last.atS >= voice.heartbeatS;
          const moved = last.value === undefined ||
            (typeof value === "number"
              ? Math.abs(value - (last.value as number)) >= (voice.onChange ?? 0) &&
                value !== last.value
              : value !== last.value);
          if (!moved && !beats) return;
        }
        last.value = value;
        last.atS = nowS;
        out[voice.name] = value;
      });
      return out;
    },
  };
}

/** Comes nearer to `target` with a time constant. */
export function towards(now: number, target: number, dtS: number, tauS: number): number {
  return now + (target - now) * (1 - Math.exp(-dtS / tauS));
}

/** A thing that switches on and off by itself; durations in seconds, drawn again each time. */
export function cycle(
  random: Random,
  onS: () => number,
  offS: () => number,
): (dtS: number) => boolean {
  let on = random.uniform() < 0.5;
  let leftS = (on ? onS() : offS()) * random.uniform();
  return (dtS) => {
    leftS -= dtS;
    if (leftS <= 0) {
      on = !on;
      leftS = on ? onS() : offS();
    }
    return on;
  };
}

/** A battery that falls by a little a day; `collapse` takes it down within hours. */
export function battery(name: string, start: number, perDay: number, everyS: number): Voice {
  return {
    name,
    unit: "%",
    decimals: 0,
    everyS,
    noise: 0.25,
    read: ({ nowS, wear }) =>
      Math.max(1, start - perDay * nowS / 86_400 - 70 * Math.min(1, wear.collapse)),
  };
}
