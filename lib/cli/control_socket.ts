/**
 * DESIGN: the control socket is HTTP with JSON over a Unix socket that only its owner may open (0600, in a
 * directory that is 0700). Whoever can open it can also read the database file, so it asks for no sign-in.
 * A Unix socket's path may have 107 bytes; where `<data>/perch.sock` is longer, the socket gets a
 * directory of its own under the temporary directory and the lock file says where.
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { type ErrorCode, HTTP_STATUS, messageOf, PerchError } from "../base/errors.ts";
import { fieldErrors, fieldWords } from "../base/field_words.ts";
import type { Log } from "../base/log.ts";
import { serveKept } from "../base/serve_kept.ts";
import { askedShape } from "../reports/asked.ts";
import { importOptionsSchema, importOrderSchema } from "../transfer/import/imports.ts";
import { type Control, MOST_LETTERS } from "./control.ts";

const MOST_PATH_BYTES = 107;
const MOST_BODY_BYTES = 64 * 1024 * 1024;

const name = z.string().min(1).max(320);
const REQUESTS = {
  addUser: z.strictObject({ email: name, role: name, password: z.string().max(4096) }),
  resetUser: z.strictObject({ email: name, password: z.string().max(4096) }),
  listUsers: z.null(),
  changeUser: z.strictObject({ email: name, state: z.enum(["active", "disabled", "deleted"]) }),
  addKey: z.strictObject({
    name,
    role: name.optional(),
    machine: name.optional(),
    scopes: z.array(name).max(20).optional(),
    expiresMs: z.number().optional(),
  }),
  listKeys: z.null(),
  removeKey: z.strictObject({ nameOrId: name }),
  listSettings: z.null(),
  setSetting: z.strictObject({ key: name, value: z.unknown() }),
  siteZone: z.null(),
  replay: z.array(z.looseObject({ ts: z.string(), source: z.string(), topic: z.string() }))
    .max(MOST_LETTERS),
  beginBackup: z.null(),
  backupJob: z.null(),
  listBackups: z.null(),
  cleanupBackups: z.strictObject({ keepDays: z.int().min(1) }),
  flow: z.null(),
  greetChannels: z.null(),
  checkDatabase: z.null(),
  condition: z.null(),
  cameraStates: z.null(),
  testCamera: z.strictObject({ camera: name.optional() }),
  recoverCamera: z.strictObject({ camera: name.optional() }),
  hostReport: z.null(),
  openFaults: z.null(),
  consoleStatus: z.null(),
  resumeComponent: z.strictObject({ component: name }),
  proposeCorrection: z.strictObject({ fault: z.int() }),
  applyCorrection: z.strictObject({
    fault: z.int(),
    proposal: z.int(),
    diffHash: name,
    email: name,
    password: z.string().max(4096),
    code: name.optional(),
  }),
  importFormats: z.null(),
  inspectImport: z.strictObject({
    path: z.string().min(1).max(4096),
    options: z.intersection(importOptionsSchema, z.object({ format: name.optional() })),
  }),
  beginImport: z.strictObject({ order: importOrderSchema }),
  importJob: z.strictObject({ id: name }),
  cancelImport: z.strictObject({ id: name }),
  lastImport: z.strictObject({ path: z.string().min(1).max(4096) }),
  orderReport: z.strictObject({ asked: askedShape }),
  reportJob: z.strictObject({ id: name }),
  reportFile: z.strictObject({ id: name }),
  cancelReport: z.strictObject({ id: name }),
} satisfies Record<keyof Control, z.ZodType>;

export interface ControlServer {
  readonly path: string;
  stop(): Promise<void>;
}

/** Starts listening. The caller holds the data directory's lock: a socket that is left over is removed. */
export function serveControl(
  options: { dataDir: string; control: Control; log: Log },
): ControlServer {
  const { control, log } = options;
  const { path, temporary } = socketPath(options.dataDir);
  const server = serveKept((signal) => {
    removeSocket(path);
    const opened = Deno.serve(
      { path, signal, onListen: () => {} },
      (request) => answer(request, control, log),
    );
    Deno.chmodSync(path, 0o600);
    return opened;
  }, { log, name: "commands" });
  return {
    path,
    async stop() {
      await server.stop(0);
      removeSocket(path);
      if (temporary) Deno.removeSync(dirname(path));
    },
  };
}

function socketPath(dataDir: string): { path: string; temporary: boolean } {
  const path = join(dataDir, "perch.sock");
  if (new TextEncoder().encode(path).length <= MOST_PATH_BYTES) return { path, temporary: false };
  return { path: join(Deno.makeTempDirSync({ prefix: "perch-" }), "perch.sock"), temporary: true };
}

/**
 * Sees to it that the socket can be made. @throws PerchError `not_started` when something else has its name
 */
export function checkSocketPath(dataDir: string): void {
  const path = join(dataDir, "perch.sock");
  if (socketAt(path) !== "other") return;
  throw new PerchError(
    "not_started",
    `${path} is no socket, and Perch needs that name for one. Move it away and start Perch again.`,
  );
}

function socketAt(path: string): "none" | "socket" | "other" {
  try {
    const { isSocket, isFile, size } = Deno.lstatSync(path);
    // What copies a data directory may leave an empty file for a socket: nothing is lost with it.
    return isSocket || (isFile && size === 0) ? "socket" : "other";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw error;
  }
}

function removeSocket(path: string): void {
  if (socketAt(path) === "socket") Deno.removeSync(path);
}

async function answer(request: Request, control: Control, log: Log): Promise<Response> {
  try {
    const call = new URL(request.url).pathname.slice(1);
    if (request.method !== "POST" || !Object.hasOwn(REQUESTS, call)) {
      throw new PerchError("not_found", `the control socket knows no ${request.method} /${call}`);
    }
    return Response.json(await dispatch(call as keyof Control, await readJson(request), control));
  } catch (error) {
    if (!(error instanceof PerchError)) log.error("a command failed", { error });
    const code: ErrorCode = error instanceof PerchError ? error.code : "internal";
    const errors = error instanceof PerchError ? error.errors : [];
    return Response.json({ code, message: messageOf(error), errors }, {
      status: HTTP_STATUS[code],
    });
  }
}

async function readJson(request: Request): Promise<unknown> {
  const length = Number(request.headers.get("content-length") ?? NaN);
  if (!(length <= MOST_BODY_BYTES)) {
    throw new PerchError("payload_too_large", `a command has at most ${MOST_BODY_BYTES} bytes`);
  }
  return await request.json();
}

async function dispatch(call: keyof Control, body: unknown, control: Control): Promise<unknown> {
  const schema = REQUESTS[call];
  const parsed = schema.safeParse(body, { error: fieldWords });
  if (!parsed.success) {
    const errors = fieldErrors(parsed.error.issues, schema);
    throw new PerchError("validation", "the command's fields are wrong", { errors });
  }
  // Each schema of REQUESTS is that of its call's argument.
  return await (control[call] as (input: unknown) => Promise<unknown>)(parsed.data);
}

/** Talks to the Perch that listens on `path`. Errors come back as the PerchErrors they were there. */
export function connectControl(path: string): Control & { close(): void } {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  async function call<T>(name: keyof Control, body: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`http://perch/${name}`, {
        client,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    } catch (error) {
      throw new PerchError(
        "unavailable",
        `The running Perch does not answer on ${path} (${messageOf(error)}).`,
        { cause: error },
      );
    }
    const answer = await response.json();
    if (response.ok) return answer as T;
    throw new PerchError(answer.code, answer.message, { errors: answer.errors });
  }
  const calls = Object.keys(REQUESTS).map((name) =>
    [name, (input: unknown) => call(name as keyof Control, input ?? null)] as const
  );
  return { ...Object.fromEntries(calls) as unknown as Control, close: () => client.close() };
}
