/** The camera of the simulated plant, as Perch knows it. */
import type { App } from "../app.ts";
import { systemActor } from "../access/audit_row.ts";
import type { Audited } from "../events/audit_change.ts";

const KIND = "http_mjpeg";
const NAME = "Simulated camera";
const ADDRESS = /^http:\/\/127\.0\.0\.1:(\d+)\/stream$/;
const LOOK_MS = 250;

export type CameraApp = Pick<App, "parts">;

/** The port that Perch has of the camera from the last time; 0: it has none. */
export function knownPort(app: CameraApp): number {
  const port = Number(ADDRESS.exec(String(mine(app)?.options.url))?.[1] ?? 0);
  return port > 0 && port < 65_536 ? port : 0;
}

/** Adds the camera when the machine that it looks at is there, or tells the one that Perch has its new port. */
export async function showCamera(
  app: CameraApp,
  { port, machine, signal }: { port: number; machine: string; signal: AbortSignal },
): Promise<void> {
  const { cameras, access, registry, clock } = app.parts();
  const audited: Audited = (change) =>
    access.audit.statement({ actor: systemActor("simulator"), ...change });
  const options = { url: `http://127.0.0.1:${port}/stream` };
  const known = mine(app);
  if (known !== undefined) {
    if (known.options.url !== options.url) await cameras.change(known.id, { options }, audited);
    return;
  }
  while (registry.machines.find(machine) === undefined) await clock.sleep(LOOK_MS, signal);
  await cameras.add({ name: NAME, kind: KIND, options, machine }, audited);
}

/** By its address: people may have given it another name. */
function mine(app: CameraApp) {
  return app.parts().cameras.all()
    .find(({ kind, options }) => kind === KIND && ADDRESS.test(String(options.url)));
}
