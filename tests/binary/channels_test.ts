/** What leaves the compiled binary of this host: its runtime may be another than that of the sources. */
import { binaries } from "../support/binaries.ts";
import { assertChannelsWork } from "../support/channels_work.ts";

const { path, isThere } = binaries().find(({ runner }) => runner.length === 0)!;

Deno.test({
  name: "channels: mail over STARTTLS and TLS and a signed webhook from the compiled binary",
  ignore: !isThere,
  fn: () => assertChannelsWork({ binary: [path] }),
});
