/** What leaves the compiled binary of this host: its runtime may be another than that of the sources. */
import { assertChannelsWork } from "../support/channels_work.ts";
import { ROOT } from "../support/perch.ts";

const path = `${ROOT}${Deno.build.arch === "aarch64" ? "dist/perch-arm64" : "dist/perch"}`;

function isThere(): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(`${path} is missing`);
    console.warn(`SKIPPED: ${path} is missing: deno task compile`);
    return false;
  }
}

Deno.test({
  name: "channels: mail over STARTTLS and TLS and a signed webhook from the compiled binary",
  ignore: !isThere(),
  fn: () => assertChannelsWork({ binary: [path] }),
});
