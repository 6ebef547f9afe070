/** What waits for a codec that does not work. */
import { adminOnly, setting, whole } from "../setting.ts";

export const CODEC_SETTINGS = {
  "codecs.spool_mb": setting({
    category: "Codecs",
    title: "Largest spool",
    help:
      "Messages for a codec that is paused wait on disk, so much of them for each codec; further " +
      "ones stay with their sender, and with them all that it sends.",
    schema: whole(1, 100_000),
    default: 256,
    unit: "MB",
    ...adminOnly,
  }),
  "codecs.spool_messages": setting({
    category: "Codecs",
    title: "Most messages in a spool",
    help: "The same as a number of messages.",
    schema: whole(1, 100_000_000),
    default: 1_000_000,
    unit: "messages",
    ...adminOnly,
  }),
} as const;
