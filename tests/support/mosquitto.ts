import { freePort } from "./port.ts";

/** A real mosquitto, started by a test with a configuration of its own. */
export interface Mosquitto {
  readonly port: number;
  /** Port of the TLS listener; 0 without one. */
  readonly tlsPort: number;
  /** Port of the WebSocket listener; 0 without one. */
  readonly wsPort: number;
  readonly directory: string;
  pid(): number;
  /** SIGKILL, as a power cut of the broker; its persistence file is what it last wrote. */
  kill(): Promise<void>;
  /** SIGTERM: it writes its persistence file. */
  stop(): Promise<void>;
  /** Starts it again with the same ports, configuration and persistence. */
  restart(): Promise<void>;
  /** What it logged. */
  log(): string;
  /** Ends it and removes its files. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface MosquittoOptions {
  /** Lines of mosquitto.conf beside listeners and log, e.g. `max_queued_messages 100000`. */
  config?: string[];
  /** Certificates made with `makeCertificates`. */
  tls?: { ca: string; cert: string; key: string; requireClient?: boolean };
  webSocket?: boolean;
  /** Keeps sessions over a restart. */
  persistence?: boolean;
  /** Signs in with these only; without, everyone may. */
  users?: Record<string, string>;
}

const BINARY = "mosquitto";
const START_MS = 30_000;

/** Whether mosquitto is installed. `PERCH_TEST_REQUIRE=all` makes its absence an error. */
export function haveMosquitto(): boolean {
  for (const directory of ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]) {
    try {
      if (Deno.statSync(`${directory}/${BINARY}`).isFile) return true;
    } catch {
      // looked for in the next directory
    }
  }
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") {
    throw new Error("mosquitto is not installed: apt-get install mosquitto");
  }
  console.warn("SKIPPED: mosquitto is not installed (apt-get install mosquitto)");
  return false;
}

/** Starts mosquitto on free loopback ports. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const directory = await Deno.makeTempDir({ prefix: "perch-mosquitto-" });
  const port = freePort();
  const tlsPort = options.tls === undefined ? 0 : freePort();
  const wsPort = options.webSocket ? freePort() : 0;
  const configFile = `${directory}/mosquitto.conf`;
  await writeUsers(directory, options.users);
  await Deno.writeTextFile(configFile, configText(directory, port, tlsPort, wsPort, options));

  const decoder = new TextDecoder();
  let log = "";
  let child: Deno.ChildProcess;
  let output: Promise<void>;

  async function start(): Promise<void> {
    child = new Deno.Command("/usr/bin/env", {
      args: [BINARY, "-c", configFile, "-v"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    output = (async () => {
      for await (const chunk of child.stderr) log = (log + decoder.decode(chunk)).slice(-1_000_000);
    })();
    await answers(port, () => log);
  }

  async function end(signal: Deno.Signal): Promise<void> {
    try {
      child.kill(signal);
    } catch {
      // it ended before
    }
    await child.status;
    await output;
  }

  await start();
  return {
    port,
    tlsPort,
    wsPort,
    directory,
    pid: () => child.pid,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    restart: start,
    log: () => log,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function configText(
  directory: string,
  port: number,
  tlsPort: number,
  wsPort: number,
  { config = [], tls, persistence, users }: MosquittoOptions,
): string {
  const lines = [
    `listener ${port} 127.0.0.1`,
    "log_type warning",
    "log_type error",
    "log_type notice",
    users === undefined ? "allow_anonymous true" : `password_file ${directory}/users`,
    ...(Deno.uid() === 0 ? ["user root"] : []),
  ];
  if (persistence) lines.push("persistence true", `persistence_location ${directory}/`);
  lines.push(...config);
  if (wsPort > 0) lines.push(`listener ${wsPort} 127.0.0.1`, "protocol websockets");
  if (tls !== undefined) {
    lines.push(`listener ${tlsPort} 127.0.0.1`);
    lines.push(`cafile ${tls.ca}`, `certfile ${tls.cert}`, `keyfile ${tls.key}`);
    if (tls.requireClient) lines.push("require_certificate true");
  }
  return lines.join("\n") + "\n";
}

async function writeUsers(directory: string, users?: Record<string, string>): Promise<void> {
  if (users === undefined) return;
  const file = `${directory}/users`;
  await Deno.writeTextFile(
    file,
    Object.entries(users).map(([user, password]) => `${user}:${password}\n`).join(""),
  );
  await run("mosquitto_passwd", ["-U", file]);
}

async function answers(port: number, log: () => string): Promise<void> {
  const untilMs = performance.now() + START_MS;
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      if (performance.now() > untilMs) throw new Error(`mosquitto does not answer:\n${log()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Files of a small certificate authority, a server certificate for `localhost`, and a client's. */
export interface Certificates {
  ca: string;
  cert: string;
  key: string;
  clientCert: string;
  clientKey: string;
}

/** Makes certificates with openssl in `directory`. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const at = (name: string) => `${directory}/${name}`;
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run(
    "openssl",
    ["req", "-x509", ...ec, "-days", "2", "-subj", "/CN=Test authority"].concat([
      "-keyout",
      at("ca.key"),
      "-out",
      at("ca.pem"),
    ]),
  );
  const sign = async (name: string, subject: string, extension: string) => {
    await Deno.writeTextFile(at(`${name}.ext`), extension);
    await run(
      "openssl",
      ["req", ...ec, "-subj", subject].concat([
        "-keyout",
        at(`${name}.key`),
        "-out",
        at(`${name}.csr`),
      ]),
    );
    await run(
      "openssl",
      ["x509", "-req", "-in", at(`${name}.csr`), "-CA", at("ca.pem")].concat([
        "-CAkey",
        at("ca.key"),
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        at(`${name}.ext`),
        "-out",
        at(`${name}.pem`),
      ]),
    );
  };
  await sign("server", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  await sign("client", "/CN=perch", "extendedKeyUsage=clientAuth\n");
  return {
    ca: at("ca.pem"),
    cert: at("server.pem"),
    key: at("server.key"),
    clientCert: at("client.pem"),
    clientKey: at("client.key"),
  };
}

async function run(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
}
