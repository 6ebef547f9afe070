import type { Route } from "../http/route.ts";
import { cameraRoutes as apiRoutes } from "./api.ts";
import { askedRoutes } from "./asked_api.ts";
import { pictureRoutes } from "./picture_api.ts";
import type { CameraServices } from "./request.ts";

export type CameraRouteParts = CameraServices;

/** Cameras: the API and the pages. */
export function cameraRoutes(parts: CameraRouteParts): Route[] {
  return [...apiRoutes(parts), ...askedRoutes(parts), ...pictureRoutes(parts)];
}
