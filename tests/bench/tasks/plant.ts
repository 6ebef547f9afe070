import { systemActor } from "../../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../../support/app_client.ts";
import { type SmtpReceiver, startSmtp } from "../../support/receivers/smtp.ts";

export const ADMIN = ["ada@example.org", "long enough"] as const;
export const SITE = "Plant 2";
export const PRESS = "hall-1/press-3";
const HOURS = 6;

/** A plant in which a press is too hot, and a mail server. */
export interface Plant {
  app: RunningApp;
  smtp: SmtpReceiver;
  /** It is too hot once more, by so much. */
  heat(value: number): Promise<void>;
  stop(): Promise<void>;
}

export async function plantOfTasks(): Promise<Plant> {
  const app = await runApp({ USER_ID: SITE, OUTGOING_NETWORKS: "127.0.0.0/8,::1" });
  const smtp = await startSmtp();
  const { access, machines } = app.parts;
  await access.users.add(
    { email: ADMIN[0], role: "admin", password: ADMIN[1] },
    systemActor("bench"),
  );
  const startMs = Date.now() - HOURS * 3_600_000;
  for (const [machine, sensor, unit, usual] of SENSORS) {
    await app.ingest(Array.from({ length: HOURS * 360 }, (_, i) => ({
      ...{ machine, sensor, unit, ts: startMs + i * 10_000 },
      value: usual * (1 + 0.04 * Math.sin(i / 40) + 0.01 * Math.sin(i)),
    })));
  }
  const note = () => ({ sql: "select 1" });
  await machines.patchSensor(`${PRESS}/temperature`, { warning_high: 70, critical_high: 80 }, note);
  /** Cool first: what was resolved is raised anew. */
  const heat = async (value: number) => {
    for (const each of [52, value]) {
      await app.ingest([{ machine: PRESS, sensor: "temperature", unit: "°C", value: each }]);
    }
  };
  await heat(84);
  // The others go on, or they would be silent.
  const timer = setInterval(() => {
    void app.ingest(
      SENSORS.filter(([machine, sensor]) => machine !== PRESS || sensor !== "temperature")
        .map(([machine, sensor, unit, value]) => ({ machine, sensor, unit, value })),
    ).catch(() => {});
  }, 2_000);
  return {
    ...{ app, smtp, heat },
    async stop() {
      clearInterval(timer);
      await app.stop();
      await smtp.close();
    },
  };
}

const SENSORS = [
  [PRESS, "temperature", "°C", 52],
  [PRESS, "vibration", "mm/s", 1.6],
  [PRESS, "oil_level", "%", 71],
  ["hall-1/press-1", "temperature", "°C", 51],
  ["hall-2/mixer-1", "temperature", "°C", 41],
] as const;
