/**
 * Canaries: each secret is given to Perch the way it gets there in life, then everything that Perch writes or
 * says is searched for it: output at LOG_LEVEL=debug, every file of the data directory, and of a backup that is not
 * encrypted, every answer that an admin can get. `SABOTAGE=secrets` types one of them where it is shown; then the test must fail.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { TOTP } from "otpauth";
import { unpackFiles } from "../support/backup.ts";
import { startFaultyHttp } from "../support/cameras/faulty_http.ts";
import { haveCommands } from "../support/commands.ts";
import { addKey, type PerchProcess, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const canary = (name: string) => `canary-${name}-${crypto.randomUUID()}`;

const ENVIRONMENT = {
  JWT_SECRET: canary("jwt"),
  MQTT_PASSWORD: canary("mqtt"),
  GEMINI_API_KEY: canary("gemini"),
  SENDER_PASSWORD: canary("smtp"),
  THINGSPEAK_WRITE_API_KEY: canary("write"),
  THINGSPEAK_READ_API_KEY: canary("read"),
  HISTORY_TOKEN: canary("history"),
  SLACK_WEBHOOK_URL: `https://hooks.example.com/${canary("slack")}`,
};

Deno.test("secrets: twenty canaries are found in no output, no file and no answer", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-secrets-" });
  const key = await addKey({ dataDir, role: "admin" });
  const perch = await startPerch({
    dataDir,
    env: {
      ...ENVIRONMENT,
      MQTT_URL: `mqtt://127.0.0.1:${freePort()}`,
      MQTT_USER: "perch",
      // Nobody listens: it is asked, and what went wrong is said.
      HISTORY_URL: `http://127.0.0.1:${freePort()}`,
      OUTGOING_NETWORKS: "127.0.0.1",
      LOG_LEVEL: "debug",
    },
  });
  try {
    const canaries: Record<string, string> = { ...ENVIRONMENT, key };
    await useSecrets(perch, key, canaries);
    const seen = await useCamera(perch, key, canaries);
    assert.ok(Object.keys(canaries).length >= 20, `${Object.keys(canaries).length} canaries`);
    const archive = await plainBackup(perch, key, dataDir);
    const answers = await everyAnswer(perch, key);
    // Last-used times and the log are written at the end.
    await perch.stop();
    const places: Record<string, string> = { output: perch.output(), ...answers, ...seen };
    await unpackFiles(archive, `${dataDir}/unpacked`);
    assert.ok(![...filesBelow(`${dataDir}/unpacked`)].some((path) => path.endsWith(".key")));
    for (const path of filesBelow(dataDir)) places[path] = latin1(await Deno.readFile(path));
    assert.ok(Object.keys(places).length > 20);
    for (const [place, text] of Object.entries(places)) {
      for (const [name, secret] of Object.entries(canaries)) {
        assert.ok(!text.includes(secret), `${name} is in ${place}`);
      }
    }
  } finally {
    await perch.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});

/** Everything a person can get wrong or right with a secret. */
async function useSecrets(
  { url }: PerchProcess,
  key: string,
  canaries: Record<string, string>,
): Promise<void> {
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    token: string | null = key,
    headers: Record<string, string> = {},
  ) => {
    const answer = await fetch(url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { headers: answer.headers, json: text.startsWith("{") ? JSON.parse(text) : null };
  };
  const email = "ada@example.org";
  canaries.password = canary("password");
  canaries.newPassword = canary("new");
  canaries.wrongPassword = canary("wrong");
  canaries.passwordAsEmail = canary("typed-as-email");
  canaries.badToken = canary("token");
  canaries.badCookie = canary("cookie");
  canaries.badRefresh = canary("refresh");
  await call("POST", "/api/users", { email, role: "admin", password: canaries.password });
  const login = async (password: string, code?: string) =>
    (await call("POST", "/api/users/login", { email, password, code }, null)).json;
  await login(canaries.wrongPassword);
  const asEmail = { email: canaries.passwordAsEmail, password: "x" };
  await call("POST", "/api/users/login", asEmail, null);
  await call("GET", "/api/users/me", undefined, canaries.badToken);
  await call("GET", "/", undefined, null, { cookie: `perch=${canaries.badCookie}` });
  await call("POST", "/api/users/refresh", { refresh_token: canaries.badRefresh }, null);

  const first = await login(canaries.password);
  canaries.access = first.access_token;
  canaries.refresh = first.refresh_token;
  const next = { refresh_token: first.refresh_token };
  canaries.successor = (await call("POST", "/api/users/refresh", next, null)).json.refresh_token;
  const patch = { password: canaries.newPassword, current_password: canaries.password };
  await call("PATCH", "/api/users/me", patch, first.access_token);
  const signIn = await fetch(`${url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ email, password: canaries.newPassword }),
  });
  await signIn.body?.cancel();
  canaries.cookie = /=([^;]+)/.exec(signIn.headers.get("set-cookie")!)![1];

  canaries.channelToken = canary("ntfy");
  canaries.chatToken = canary("chat");
  const ntfy = { topic: "night", token: canaries.channelToken };
  await call("POST", "/api/channels", { kind: "ntfy", name: "Night", options: ntfy });
  // Refused: what was typed must not come back either.
  const pigeon = { kind: "pigeon", name: "Day", options: { token: canaries.chatToken } };
  await call("POST", "/api/channels", pigeon);
  const hook = { name: "Hook", url: "https://hooks.example.com/", events: ["alarm"] };
  const made = (await call("POST", "/api/webhooks", hook)).json;
  canaries.webhookSecret = made.secret;
  const rotated = (await call("POST", `/api/webhooks/${made.id}/rotate`)).json;
  canaries.rotatedSecret = rotated.secret;
  await call("POST", `/api/webhooks/${made.id}/test`);

  const device = { name: "press", machine: "hall/press" };
  canaries.deviceKey = (await call("POST", "/api/keys", device)).json.key;
  const invited = { email: "eve@example.org", role: "viewer" };
  const { invitation } = (await call("POST", "/api/users", invited)).json;
  canaries.invitation = invitation.link.split("/").at(-1);
  await call("GET", invitation.link, undefined, null);

  const base = "/api/users/me/second-factor";
  const { secret } = (await call("POST", base, undefined, first.access_token)).json;
  const code = new TOTP({ secret }).generate();
  const confirmed = await call("POST", `${base}/confirm`, { code }, first.access_token);
  canaries.recoveryCode = confirmed.json.recovery_codes[0];
  await login(canaries.newPassword, canaries.recoveryCode);
  if (sabotaged("secrets")) {
    await call("PATCH", "/api/users/me", { name: canaries.recoveryCode }, first.access_token);
  }
}

/** A camera that asks who is there, with its password in the address, seen live; and one that was typed wrongly. */
async function useCamera(
  { url }: PerchProcess,
  key: string,
  canaries: Record<string, string>,
): Promise<Record<string, string>> {
  if (!haveCommands({ ffmpeg: "ffmpeg" })) return {};
  canaries.camera = canary("camera");
  canaries.cameraTyped = canary("typed");
  canaries.cameraChanged = canary("changed");
  await using camera = await startFaultyHttp({
    door: { auth: "basic", password: canaries.camera },
  });
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { text: await answer.text(), status: answer.status };
  };
  const add = (scheme: string, password: string) =>
    call("POST", "/api/cameras", {
      name: `Gate ${scheme}`,
      kind: "http_mjpeg",
      options: { url: camera.streamUrl.replace("http://", `${scheme}://perch:${password}@`) },
    });
  const refused = await add("htpp", canaries.cameraTyped);
  assert.equal(refused.status, 400, refused.text);
  const made = await add("http", canaries.camera);
  const at = `/api/cameras/${JSON.parse(made.text).id}`;
  const status = () => call("GET", `${at}/status`).then(({ text }) => JSON.parse(text));
  await until("a live picture", async () => (await status()).state === "live" || null);
  const running = commandLines();
  assert.match(running, /ffmpeg/);
  // Wrong from now on, so that it is complained of.
  camera.door.password = canaries.cameraChanged;
  camera.drop();
  const complaint = await until("a complaint", async () => {
    const { last_error } = await status();
    return /user name/.test(last_error ?? "") ? last_error : null;
  });
  const test = await call("POST", `${at}/test`);
  return { refused: refused.text, made: made.text, running, complaint, test: test.text };
}

/** What every process of this host was started with. */
function commandLines(): string {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).map(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${name}/cmdline`);
    } catch {
      return "";
    }
  }).join("\n");
}

/** Makes one that is not encrypted; gives where it lies. */
async function plainBackup({ url }: PerchProcess, key: string, dataDir: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}` };
  await (await fetch(`${url}/api/backups`, { method: "POST", headers })).body?.cancel();
  return await until("the backup", async () => {
    const { items } = await (await fetch(`${url}/api/backups`, { headers })).json();
    return items.length === 0 ? null : `${dataDir}/backups/${items[0].id}`;
  }, 60_000);
}

/** What an admin's key can read. */
async function everyAnswer({ url }: PerchProcess, key: string): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${key}` };
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const paths = Object.keys(document.paths)
    .filter((path) => document.paths[path].get && !path.includes("{") && path !== "/api/stream");
  const pages = ["/", "/sensors", "/sources", "/more", "/people", "/keys", "/settings", "/audit"];
  const out: Record<string, string> = {};
  for (const path of [...paths, ...pages, "/api/audit?format=ndjson"]) {
    out[path] = await (await fetch(url + path, { headers })).text();
  }
  return out;
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(path);
    else if (entry.isFile) yield path;
  }
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
