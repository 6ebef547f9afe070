import { z } from "zod";
import { splitSignIn } from "../way/target.ts";
import { defineKind } from "./define.ts";
import { addressOf, networkOptions, pictureFeed, wayDeps } from "./network.ts";

const SCHEMES = ["http", "https"] as const;
const options = z.strictObject({
  ...networkOptions(SCHEMES, "http://192.168.1.20/snapshot.jpg"),
  // More seldom would look like a camera that is gone.
  every_s: z.number().min(0.2).max(5).default(1).meta({
    title: "Asked every, seconds",
    description: "While somebody watches; without, every second at most.",
  }),
});

/** A picture that is asked for again and again. */
export const httpStill = defineKind({
  kind: "http_still",
  title: "Single pictures over HTTP",
  about: "A camera that gives a new picture each time its address is asked.",
  options,
  prepare: splitSignIn,
  target: (given) => addressOf(given, SCHEMES),
  async open(given, deps) {
    const everyMs = Math.max(given.every_s, 1 / deps.fps) * 1_000;
    const { openHttpStill } = await import("../way/http_still.ts");
    const way = await openHttpStill(addressOf(given, SCHEMES), { ...wayDeps(deps), everyMs });
    return pictureFeed(way, given.every_s < 1);
  },
});
