import { nameId } from "../base/ids.ts";
import type { Machine } from "./machine.ts";

/*
 * A camera is a machine, too, with what is measured of its pictures. It is made under the id of the camera and moved
 * under its name at once, so that its own id follows from that of the camera, whatever both are called later.
 */

export const CAMERA_AREA = "cameras";
/** Ids of cameras are random letters and digits, 12 of them: nobody calls a machine of a plant so. */
const FIRST_PATH = /^cameras\/[0-9a-z]{12}$/;

/** The path under which the machine of a camera is made. */
export function firstCameraPath(cameraId: string): string {
  return `${CAMERA_AREA}/${cameraId}`;
}

export function cameraMachineId(cameraId: string): string {
  return nameId(`machine ${firstCameraPath(cameraId)}`);
}

/** Public id of a sensor of a camera, wherever it was moved to. */
export function cameraSensorId(cameraId: string, name: string): string {
  return nameId(`${firstCameraPath(cameraId)}/${name}`);
}

/** It is the machine of a camera, which is no part of the plant: what counts the plant leaves it out. */
export function isCamera({ id, path, formerPaths }: Pick<Machine, "id" | "path" | "formerPaths">) {
  const isFirst = (one: string) => FIRST_PATH.test(one) && nameId(`machine ${one}`) === id;
  return isFirst(path) || formerPaths.some(isFirst);
}
