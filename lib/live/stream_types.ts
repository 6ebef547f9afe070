import type { Policy } from "../access/policy.ts";

/**
 * Every type of event on the live stream, and who may read it. `StreamHub.publish` takes these names alone,
 * so an event without a policy does not compile; the stream leaves out what its reader may not see. (`hello`
 * and `reset` speak of the stream itself.)
 */
export const STREAM_POLICIES = {
  /** One commit group of readings. */
  reading: "viewer",
  /** Counts and states for the overview. */
  status: "viewer",
  event: "viewer",
  alarm: "viewer",
  /** A ticket after a change, or with a new comment or file. */
  ticket: "viewer",
  component: "viewer",
  /** How a camera is and when its newest picture was taken, once a second at most. */
  camera: "viewer",
  /** What became of an order to a device. */
  command: "viewer",
  /** How far an export, an import or a report is, once a second at most. */
  job: "viewer",
  /** A fault of Perch itself, after a change. */
  fault: "viewer",
  anomaly: "viewer",
  prediction: "viewer",
  /** What became of something that leaves Perch. */
  delivery: "engineer",
  /** A row of the audit log, with what it was before and after. */
  audit: "admin",
} as const satisfies Record<string, Policy>;

export type StreamType = keyof typeof STREAM_POLICIES;
export const STREAM_TYPES = Object.keys(STREAM_POLICIES) as [StreamType, ...StreamType[]];
