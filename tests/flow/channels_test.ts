import { assertChannelsWork } from "../support/channels_work.ts";

Deno.test("channels: mail over STARTTLS and TLS and a signed webhook, with Perch's own permissions", () =>
  assertChannelsWork({}));
