/** What holds for all cameras. */
import { z } from "zod";
import { adminOnly, setting, whole } from "../setting.ts";

export const CAMERA_SETTINGS = {
  "cameras.default": setting({
    category: "Cameras",
    title: "Default camera",
    help:
      "Id or name of the one that is meant where none is named (/api/camera/status, perch camera " +
      "test). Empty: the only one there is.",
    schema: z.string().trim().max(60),
    default: "",
    see: "viewer",
    change: "admin",
  }),
  "cameras.most_viewers": setting({
    category: "Cameras",
    title: "Live viewers of a camera at most",
    help: "Each takes the bandwidth of the picture; whoever comes later is asked to wait.",
    schema: whole(1, 500),
    default: 50,
    ...adminOnly,
  }),
  "cameras.pictures_mb": setting({
    category: "Cameras",
    title: "Kept pictures of all cameras, at most",
    help: "The oldest are deleted beyond it. Each camera has its own limits, too.",
    schema: whole(10, 10_000_000),
    default: 5_000,
    unit: "MB",
    ...adminOnly,
  }),
  "cameras.free_mb": setting({
    category: "Cameras",
    title: "Space that pictures leave free",
    help:
      "With less on the disk the oldest pictures are deleted, and none are kept meanwhile. On a " +
      "small disk an eighth of it.",
    schema: whole(100, 1_000_000),
    default: 1_000,
    unit: "MB",
    ...adminOnly,
  }),
} as const;
