import { type App, type AppOptions, buildApp } from "../../lib/app.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { silentLog } from "../../lib/base/log.ts";

export interface AppUnderTest {
  app: App;
  dataDir: string;
  /** Address it listens on. */
  url: string;
  /** The same over HTTPS; null: it is off. */
  secureUrl?: string | null;
  close(): Promise<void>;
}

/** The whole application on free ports in a folder of its own. */
export async function startApp(
  env: Record<string, string> = {},
  options: Pick<
    AppOptions,
    | "detection"
    | "system"
    | "host"
    | "hardware"
    | "clock"
    | "clockSynchronised"
    | "walMostBytes"
    | "synchronous"
    | "simulator"
    | "restarting"
    | "taskFault"
    | "historySettleMs"
  > = {},
): Promise<AppUnderTest> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-app-" });
  const config = parseConfig({
    PERCH_DATA: dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
    ...env,
  });
  const app = buildApp({ config, version: "0.0.0-test", log: silentLog(), ...options });
  const { url, secureUrl } = await app.start();
  return {
    app,
    dataDir,
    url,
    secureUrl,
    async close() {
      await app.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}
