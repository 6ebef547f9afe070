/** A camera as API and pages show it. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { CAMERA_TROUBLES, type CameraState } from "../words/cameras.ts";
import { type CameraSettings, cameraSettingsSchema } from "./camera.ts";
import { type CameraHealth, cameraHealthShape, healthOnWire } from "./health/shape.ts";

/** A camera with its secrets hidden, and how it is. */
export interface CameraView {
  id: string;
  name: string;
  kind: string;
  options: Record<string, unknown>;
  settings: CameraSettings;
  /** Path of the machine that it looks at. */
  machine: string | null;
  allowed: string | null;
  enabled: boolean;
  createdMs: number;
  /** Why it cannot run at all, whatever its source; null: it can. */
  fault: string | null;
  health: CameraHealth;
  /** How it is and what to do, one sentence without secrets. */
  text: string;
  /** When the newest picture was taken; null: there is none. */
  frameMs: number | null;
}

export const cameraStatusShape = cameraHealthShape.extend({
  id: z.string(),
  name: z.string(),
  text: z.string().describe("how it is, for people"),
  frame_ms: msField.nullable().describe("when the newest picture was taken"),
}).meta({ id: "CameraStatus" });
export type CameraStatus = z.output<typeof cameraStatusShape>;

export const cameraShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  machine: z.string().nullable().describe("path of the machine that it looks at"),
  enabled: z.boolean(),
  created_ms: msField,
  options: z.record(z.string(), z.unknown()).nullable()
    .describe("for admins; secrets are written, never read: ***"),
  settings: cameraSettingsSchema.nullable().describe("for admins"),
  allowed: z.string().nullable().describe("for admins: address and port that one allowed"),
  status: cameraStatusShape,
}).meta({ id: "Camera" });

/** How a camera is, on the wire. */
export function cameraStatus({ id, name, text, frameMs, health }: CameraView): CameraStatus {
  return { id, name, text, frame_ms: frameMs, ...healthOnWire(health) };
}

/** A camera on the wire; `full`: with its options and settings. */
export function shownCamera(view: CameraView, full: boolean): z.output<typeof cameraShape> {
  const { id, name, kind, machine, enabled, createdMs, options, settings, allowed } = view;
  return {
    id,
    name,
    kind,
    machine,
    enabled,
    created_ms: createdMs,
    options: full ? options : null,
    settings: full ? settings : null,
    allowed: full ? allowed : null,
    status: cameraStatus(view),
  };
}

/** A camera that nobody keeps alive. */
export function idleHealth(state: CameraState, sinceMs: number, why: string | null): CameraHealth {
  return {
    state,
    sinceMs,
    frameAgeMs: null,
    fps: 0,
    brightness: null,
    failures: 0,
    reconnectsPerHour: 0,
    score: state === "lost" ? 0 : 100,
    terms: [],
    lastError: why,
    recoveryLevel: 0,
    nextTryMs: null,
    viewers: 0,
  };
}

/** How a camera is, in a sentence. */
export function healthText(name: string, { state, lastError }: CameraHealth): string {
  const why = lastError === null ? "" : ` ${sentence(lastError)}`;
  if (state === "live") return `${name} gives pictures.`;
  if (state === "starting") return `${name} is being started.${why}`;
  const off = lastError === null ? "is switched off" : "rests";
  return `${name} ${CAMERA_TROUBLES[state] ?? off}.${why}`;
}

const sentence = (text: string) => `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
