import { ROOT } from "./perch.ts";
import { makeCertificates } from "./mosquitto.ts";

export type ProxyKind = "nginx" | "caddy";

/** The documented proxy configuration, with its ports, name and certificate replaced. */
export interface Proxy {
  url: string;
  /** PEM of the authority that signed its certificate. */
  ca: string;
  [Symbol.asyncDispose](): Promise<void>;
}

const START_MS = 10_000;

/** Whether the proxy is installed. `PERCH_TEST_REQUIRE=all` makes its absence an error. */
export async function haveProxy(kind: ProxyKind): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${kind}`] }).output();
  if (!success && Deno.env.get("PERCH_TEST_REQUIRE") === "all") {
    throw new Error(`${kind} is not installed: apt-get install ${kind}`);
  }
  if (!success) console.warn(`SKIPPED: ${kind} is not installed (apt-get install ${kind})`);
  return success;
}

/** Starts the proxy on `port` of loopback, in front of `upstream` (`127.0.0.1:1234`); several are nodes (nginx). */
export async function startProxy(
  kind: ProxyKind,
  port: number,
  upstream: string | readonly string[],
  /** Perch stands below `/monitor/` (nginx). */
  below = false,
): Promise<Proxy> {
  const folder = await Deno.makeTempDir({ prefix: `perch-${kind}-` });
  const tls = await makeCertificates(folder);
  const text = kind === "nginx"
    ? nginxConfig({ folder, port, upstream, tls, below })
    : caddyConfig(port, String(upstream), tls);
  const file = `${folder}/config`;
  await Deno.writeTextFile(file, text);
  const args = kind === "nginx"
    ? ["-c", file, "-p", folder, "-g", `daemon off; pid ${folder}/pid; error_log stderr;`]
    : ["run", "--config", file, "--adapter", "caddyfile"];
  const child = new Deno.Command(kind, {
    args,
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new Response(child.stderr).text();
  await listening(port).catch(async (error) => {
    child.kill("SIGTERM");
    throw new Error(`${kind} did not start: ${await log}`, { cause: error });
  });
  return {
    url: `https://localhost:${port}`,
    ca: await Deno.readTextFile(tls.ca),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await log;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

interface Tls {
  cert: string;
  key: string;
}

function nginxConfig(
  { folder, port, upstream, tls, below }: {
    folder: string;
    port: number;
    upstream: string | readonly string[];
    tls: Tls;
    below: boolean;
  },
): string {
  const text = (name: string) => Deno.readTextFileSync(`${ROOT}.github/proxy/${name}`);
  const whole = text("nginx.conf");
  // What is documented for a path stands in a server block that somebody has already.
  const server = below
    ? `${whole.slice(0, whole.indexOf("  location / {"))}${text("nginx-path.conf")}}`
    : whole;
  const documented = replaceAll(server, [
    [/listen 443 ssl;/, `listen 127.0.0.1:${port} ssl;`],
    [/server_name perch\.example\.org;/, "server_name localhost;"],
    [/\/etc\/letsencrypt\S+fullchain\.pem/, tls.cert],
    [/\/etc\/letsencrypt\S+privkey\.pem/, tls.key],
    [/127\.0\.0\.1:8080/g, typeof upstream === "string" ? upstream : "perch"],
  ]);
  const nodes = typeof upstream === "string" ? "" : nodesConfig(upstream);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
  return `worker_processes 1;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${nodes}\n${documented}\n}\n`;
}

/** The documented nodes, with other addresses. */
function nodesConfig(upstreams: readonly string[]): string {
  const guide = Deno.readTextFileSync(`${ROOT}static/guides/beyond-one-host.md`);
  const [, documented] = /```nginx\n(.*?)```/s.exec(guide)!;
  let n = 0;
  const text = documented.replaceAll(/10\.0\.0\.\d+:8080/g, () => upstreams[n++] ?? "");
  if (n !== upstreams.length) throw new Error(`the documented configuration has ${n} nodes`);
  return text;
}

function caddyConfig(port: number, upstream: string, tls: Tls): string {
  const documented = replaceAll(Deno.readTextFileSync(`${ROOT}.github/proxy/Caddyfile`), [
    [/^perch\.example\.org \{/m, `https://localhost:${port} {\n\ttls ${tls.cert} ${tls.key}`],
    [/127\.0\.0\.1:8080/g, upstream],
  ]);
  return `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${documented}`;
}

function replaceAll(text: string, pairs: [RegExp, string][]): string {
  return pairs.reduce((out, [from, to]) => {
    if (out.search(from) < 0) throw new Error(`the documented configuration has no ${from}`);
    return out.replace(from, to);
  }, text);
}

async function listening(port: number): Promise<void> {
  const endMs = performance.now() + START_MS;
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await new Promise((r) => setTimeout(r, 50));
    }
  }
}
