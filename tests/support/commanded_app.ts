import { createControl } from "../../lib/cli/create_control.ts";
import { serveControl } from "../../lib/cli/control_socket.ts";
import { takeLock } from "../../lib/cli/lock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { type AppUnderTest, startApp } from "./app.ts";

/** The application of a test as the commands of `perch` find it: with its lock and its control socket. */
export async function startCommandedApp(
  ...how: Parameters<typeof startApp>
): Promise<AppUnderTest> {
  const under = await startApp(...how);
  const { app, dataDir, url } = under;
  const lock = await takeLock(dataDir, "serve");
  const control = serveControl({
    dataDir,
    control: createControl(app.parts(), { broker: { host: "127.0.0.1" } }),
    log: silentLog(),
  });
  lock.describe({ url, socket: control.path });
  return {
    ...under,
    async close() {
      await control.stop();
      lock.release();
      await under.close();
    },
  };
}
