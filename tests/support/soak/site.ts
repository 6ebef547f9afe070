/** What stands around the Perch of the test of endurance: a broker, receivers, a disk, and a plant that goes on. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { haveMounts, type SmallDisk, smallDisk } from "../disk.ts";
import { type Mosquitto, startMosquitto } from "../mosquitto.ts";
import { type Receiver, startReceiver } from "../receivers/http.ts";
import { type SmtpReceiver, startSmtp } from "../receivers/smtp.ts";
import { type SoakChild, startSoakChild } from "./child.ts";

export const TIMES = 60;
const DISK_MB = 256;
const HOST = fileURLToPath(new URL("../../fixtures/hosts/pi4", import.meta.url));
const WEBHOOK = {
  answer: () => ({ status: 204 }),
  rateLimited: { status: 429 },
  broken: { status: 500, body: "out of order" },
  lie: null,
};

export interface Answer {
  status: number;
  text: string;
  // deno-lint-ignore no-explicit-any
  json: any;
}

export interface SoakSite extends AsyncDisposable {
  child: SoakChild;
  dataDir: string;
  broker: Mosquitto;
  smtp: SmtpReceiver;
  webhook: Receiver;
  /** Null: no file system can be mounted here. */
  disk: SmallDisk | null;
  /** Port of the pages. */
  port: number;
  /** Asks as an admin. What is no form and no text goes as JSON. */
  call(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Answer>;
  /** What a clock says that runs as that of this Perch and was never moved. */
  nowMs(): number;
  /** Sets the temperature of its processor. */
  heat(celsius: number): Promise<void>;
  /** Healthy, or what is not. */
  troubles(): Promise<string[]>;
}

/** Starts all of it, with channels for mail and webhooks. */
export async function startSoakSite(realMs: number): Promise<SoakSite> {
  const hostRoot = await Deno.makeTempDir({ prefix: "perch-host-" });
  await new Deno.Command("cp", { args: ["-r", `${HOST}/.`, hostRoot] }).output();
  await Deno.writeTextFile(join(hostRoot, "proc/self/mounts"), "/dev/root / ext4 rw 0 0\n");
  const disk = haveMounts() ? await smallDisk(DISK_MB) : null;
  const own = disk === null ? await Deno.makeTempDir({ prefix: "perch-soak-" }) : null;
  const dataDir = join(disk?.path ?? own!, "data");
  await Deno.mkdir(dataDir);
  const broker = await startMosquitto({
    persistence: true,
    config: ["max_queued_messages 0", "max_inflight_messages 2000"],
  });
  const smtp = await startSmtp();
  const webhook = startReceiver(WEBHOOK);
  const child = await startSoakChild({
    dataDir,
    hostRoot,
    times: TIMES,
    realMs,
    env: {
      MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
      // As often as twelve times a second of this clock.
      COMMIT_INTERVAL_MS: "5000",
      SMTP_SERVER: "127.0.0.1",
      SMTP_PORT: String(smtp.port),
      SENDER_EMAIL: "perch@example.org",
      RECIPIENT_EMAIL: "plant@example.org",
      OUTGOING_NETWORKS: "127.0.0.0/8,::1",
    },
  });
  const begunMs = performance.now();
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 2, poolIdleTimeout: 5_000 });
  const call: SoakSite["call"] = async (method, path, body, headers = {}) => {
    const plain = body === undefined || body instanceof FormData || typeof body === "string";
    const send = () =>
      fetch(child.url + path, {
        method,
        client,
        headers: {
          authorization: `Bearer ${child.key}`,
          ...(plain ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        body: plain ? body as BodyInit | undefined : JSON.stringify(body),
      });
    // A connection that was kept may just have been ended by the other side.
    const response = await send().catch(send);
    const text = await response.text();
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    return { status: response.status, text, json: isJson && text !== "" ? JSON.parse(text) : null };
  };
  const heat = (celsius: number) =>
    Deno.writeTextFile(
      join(hostRoot, "sys/class/thermal/thermal_zone0/temp"),
      `${celsius * 1000}\n`,
    );
  await heat(50);
  const added = await call("POST", "/api/webhooks", {
    name: "ledger",
    url: webhook.url,
    events: ["alarm"],
    severity: "info",
  });
  if (added.status !== 201) throw new Error(added.text);
  return {
    ...{ child, dataDir, broker, smtp, webhook, disk, call, heat },
    port: Number(new URL(child.url).port),
    nowMs: () => child.nowMs + (performance.now() - begunMs) * TIMES,
    async troubles() {
      const { json } = await call("GET", "/api/components");
      if (json.overall === "Healthy") return [];
      return json.items
        .filter(({ health }: { health: string }) => health !== "ok" && health !== "off")
        .map((one: { name: string; health: string; detail: string }) =>
          `${one.name} ${one.health}: ${one.detail}`
        );
    },
    async [Symbol.asyncDispose]() {
      await child.kill();
      client.close();
      await Promise.all([broker[Symbol.asyncDispose](), smtp.close(), webhook.close()]);
      await disk?.[Symbol.asyncDispose]();
      for (const folder of [hostRoot, own]) {
        if (folder !== null) await Deno.remove(folder, { recursive: true });
      }
    },
  };
}
