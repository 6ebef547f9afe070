import type { Alarm } from "../../alarms/alarm.ts";
import type { CameraState } from "../../words/cameras.ts";
import type { Camera } from "../camera.ts";
import type { Capture } from "../picture.ts";

/** An alarm that was raised just now. */
export type RaisedAlarm = Pick<Alarm, "id" | "machine_id" | "cause">;

/** A camera, as far as its pictures go. */
export interface ImageCamera extends Pick<Camera, "id" | "name" | "settings" | "machineId"> {
  /** Null while it does not run. */
  capture: Pick<Capture, "latest" | "recent"> | null;
  state: CameraState;
  /** The alarm is about the camera itself. */
  isOwn(alarm: RaisedAlarm): boolean;
}
