import type { Route } from "../http/route.ts";
import { addCameraPages } from "./add.tsx";
import { cameraRoutes as apiRoutes } from "./api.ts";
import { askedRoutes } from "./asked_api.ts";
import { imageRoutes, type ImageServices } from "./images_api.ts";
import { cameraListPages } from "./list.tsx";
import { cameraPages } from "./one.tsx";
import type { CameraPageParts } from "./page_parts.tsx";
import { pictureRoutes } from "./picture_api.ts";

export type CameraRouteParts = CameraPageParts & ImageServices;

/** Cameras: the API and the pages. */
export function cameraRoutes(parts: CameraRouteParts): Route[] {
  return [
    ...apiRoutes(parts),
    ...askedRoutes(parts),
    ...pictureRoutes(parts),
    ...imageRoutes(parts),
    ...cameraListPages(parts),
    ...addCameraPages(parts),
    ...cameraPages(parts),
  ];
}
