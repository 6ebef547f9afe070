/** How a camera is, for API, pages and command line. */
import { z } from "zod";
import { msField, type OnWire, onWire } from "../../base/wire.ts";
import { CAMERA_STATES, type CameraState } from "../../words/cameras.ts";

/** What takes points from the score. */
export interface ScoreTerm {
  name: "age" | "fps" | "reconnects" | "black" | "frozen";
  /** What it takes, 0…100. */
  points: number;
  /** For people: `the picture is 8 s old`. */
  text: string;
}

export interface CameraHealth {
  state: CameraState;
  /** Since when it is so, wall clock. */
  sinceMs: number;
  /** Age of the newest picture; null: there never was one. */
  frameAgeMs: number | null;
  /** Pictures a second. */
  fps: number;
  /** Mean of the picture, 0…255; null: not known. */
  brightness: number | null;
  /** Tries in a row without a minute of good pictures. */
  failures: number;
  reconnectsPerHour: number;
  /** 100: all is well. */
  score: number;
  terms: ScoreTerm[];
  /** Why there were no good pictures last, a sentence without secrets; null: there was no reason yet. */
  lastError: string | null;
  /** 0: nothing has to be done; 1 starting anew, 2 opening the device anew, 3 switching it off and on. */
  recoveryLevel: 0 | 1 | 2 | 3;
  /** When it is tried again, wall clock; null: a try runs, or none is needed. */
  nextTryMs: number | null;
  viewers: number;
}

export const cameraHealthShape = z.strictObject({
  state: z.enum(CAMERA_STATES),
  since_ms: msField,
  frame_age_ms: z.number().nullable(),
  fps: z.number(),
  brightness: z.number().nullable(),
  failures: z.int(),
  reconnects_per_hour: z.int(),
  score: z.number(),
  terms: z.array(z.strictObject({
    name: z.enum(["age", "fps", "reconnects", "black", "frozen"]),
    points: z.number(),
    text: z.string(),
  })).describe("what the score loses, and why"),
  last_error: z.string().nullable(),
  recovery_level: z.int().describe("0 none, 1 restart, 2 device, 3 power"),
  next_try_ms: msField.nullable(),
  viewers: z.int(),
}).meta({ id: "CameraHealth" });

const wire = onWire<CameraHealth>(cameraHealthShape);

export function healthOnWire(health: CameraHealth): z.output<typeof cameraHealthShape> {
  return wire(health) satisfies OnWire<CameraHealth>;
}

/** What a test of a camera found. */
export const cameraTestShape = z.strictObject({
  ok: z.boolean(),
  text: z.string().describe("one sentence"),
  changing: z.boolean().nullable().describe("null: too short to say"),
  width: z.int().nullable(),
  height: z.int().nullable(),
  fps: z.number().nullable(),
}).meta({ id: "CameraTest" });
