import { z } from "zod";
import { defineKind, plainFeed } from "./define.ts";

const options = z.strictObject({
  size: z.enum(["320x180", "640x360", "1280x720", "1920x1080"]).default("1280x720").meta({
    title: "Size",
    description: "Width and height, pixels.",
  }),
  rate: z.int().min(1).max(30).default(10).meta({
    title: "Pictures a second",
    description: "How many the pattern has.",
  }),
});

/** ffmpeg's moving test picture, for trying Perch without a camera. */
export const testPattern = defineKind({
  kind: "test_pattern",
  title: "Test pattern",
  about: "A moving picture that ffmpeg draws, to try everything without a camera.",
  options,
  open({ size, rate }) {
    const source = `testsrc2=size=${size}:rate=${rate}`;
    return Promise.resolve(plainFeed({
      input: ["-re", "-f", "lavfi", "-i", source],
      jpeg: false,
      twice: true,
    }));
  },
});
