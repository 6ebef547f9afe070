import { z } from "zod";
import { splitSignIn } from "../way/target.ts";
import { defineKind } from "./define.ts";
import { addressOf, networkOptions, pictureFeed, wayDeps } from "./network.ts";

const SCHEMES = ["http", "https"] as const;
const options = z.strictObject(networkOptions(SCHEMES, "http://192.168.1.20/video.mjpg"));

/** A stream of JPEGs over HTTP, as many cameras, ESP32-CAM and µStreamer have it. */
export const httpMjpeg = defineKind({
  kind: "http_mjpeg",
  title: "MJPEG over HTTP",
  about:
    "A camera with an address for moving pictures: ESP32-CAM, OctoPrint, µStreamer and others.",
  options,
  prepare: splitSignIn,
  target: (given) => addressOf(given, SCHEMES),
  async open(given, deps) {
    const { openHttpFeed } = await import("../way/http_feed.ts");
    return pictureFeed(await openHttpFeed(addressOf(given, SCHEMES), wayDeps(deps)), false);
  },
});
