import { perchCommand, startPerch } from "./perch.ts";
import { freePort } from "./port.ts";

export interface Answer {
  code: number;
  out: string;
  err: string;
}

/** Runs one command of `perch` on a data directory, as a process. */
export async function perch(
  dataDir: string,
  args: string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Promise<Answer> {
  const [command, all] = perchCommand(undefined, args);
  const child = new Deno.Command(command, {
    args: all,
    cwd: dataDir,
    env: { PERCH_DATA: dataDir, NO_COLOR: "1", ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(options.input ?? "")).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return {
    code,
    out: new TextDecoder().decode(stdout).trim(),
    err: new TextDecoder().decode(stderr).trim(),
  };
}

export async function withDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-cli-" });
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

export function serve(dataDir: string) {
  return startPerch({ dataDir, env: { MQTT_PORT: String(freePort()) } });
}

/** Status of a sign-in over the API. */
export async function signIn(url: string, email: string, password: string): Promise<number> {
  const response = await fetch(`${url}/api/users/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  await response.body?.cancel();
  return response.status;
}
