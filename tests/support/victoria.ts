import { startDatabase, type StartedDatabase } from "./started_database.ts";

/** A real VictoriaMetrics; its `url` is for `HISTORY_URL`. */
export type Victoria = StartedDatabase;

const BINARY = "victoria-metrics";
/** What tests leave it: it takes 60 % of the host's memory else. */
const MODEST = ["-memory.allowedBytes=128MB"];

/** Whether it is installed. `PERCH_TEST_REQUIRE=all` makes its absence an error. */
export function haveVictoria(): boolean {
  for (const directory of ["/usr/bin", "/usr/local/bin"]) {
    try {
      if (Deno.statSync(`${directory}/${BINARY}`).isFile) return true;
    } catch {
      // looked for in the next directory
    }
  }
  const why = `${BINARY} is not installed: apt-get install ${BINARY}`;
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") throw new Error(why);
  console.warn(`SKIPPED: ${why}`);
  return false;
}

/**
 * Starts it on a free loopback port with its data in a temporary folder (below `below`), which is removed with it.
 * @throws Deno.errors.NotFound where it is not installed
 */
export async function startVictoria(
  { args = MODEST, below }: { args?: readonly string[]; below?: string } = {},
): Promise<Victoria> {
  const folder = await Deno.makeTempDir({ dir: below, prefix: "perch-victoria-" });
  return await startDatabase({
    folder,
    name: "VictoriaMetrics",
    health: "/health",
    command: (port) => [
      BINARY,
      ...[`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`],
      ...["-retentionPeriod=100y", ...args],
    ],
  });
}
