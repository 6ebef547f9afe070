import { freePort } from "./port.ts";
import { startDatabase, type StartedDatabase } from "./started_database.ts";

/** A real InfluxDB 1.x. */
export interface Influx extends StartedDatabase {
  /** Lines for `[data]` of its configuration, e.g. `wal-fsync-delay = "0s"`, from the next start on. */
  configure(data: readonly string[]): void;
}

/**
 * Starts one on free loopback ports with its data in a temporary folder (below `below`), as it is configured out of the
 * box, but without the statistics that it keeps and sends of itself.
 * @throws Deno.errors.NotFound where it is not installed
 */
export async function startInflux({ below }: { below?: string } = {}): Promise<Influx> {
  const folder = await Deno.makeTempDir({ dir: below, prefix: "perch-influx-" });
  const backup = freePort();
  let data: readonly string[] = [];
  const started = await startDatabase({
    folder,
    name: "InfluxDB",
    health: "/ping",
    async command(http) {
      const config = `reporting-disabled = true
bind-address = "127.0.0.1:${backup}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
${data.map((line) => `  ${line}\n`).join("")}[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
`;
      await Deno.writeTextFile(`${folder}/influx.conf`, config);
      return ["influxd", "-config", `${folder}/influx.conf`];
    },
  });
  return Object.assign(started, {
    configure: (lines: readonly string[]) => void (data = lines),
  });
}
