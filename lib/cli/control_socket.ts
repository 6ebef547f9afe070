/**
 * DESIGN: the control socket is HTTP with JSON over a Unix socket that only its owner may open (0600, in a
 * directory that is 0700). Whoever can open it can also read the database file, so it asks for no sign-in.
 * A Unix socket's path may have 107 bytes; where `<data>/perch.sock` is longer, the socket gets a
 * directory of its own under the temporary directory and the lock file says where.
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { type ErrorCode, HTTP_STATUS, messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { DeadLetter } from "../intake/dead_letter.ts";
import { type Control, MOST_LETTERS } from "./control.ts";

const MOST_PATH_BYTES = 107;
/** 100 letters of 64 KiB, escaped. */
const MOST_BODY_BYTES = 64 * 1024 * 1024;

const name = z.string().min(1).max(320);
const REQUESTS = {
  addUser: z.strictObject({ email: name, role: name, password: z.string().max(4096) }),
  resetUser: z.strictObject({ email: name, password: z.string().max(4096) }),
  addKey: z.strictObject({ name, role: name, machine: name.optional() }),
  replay: z.array(z.looseObject({ ts: z.string(), source: z.string(), topic: z.string() }))
    .max(MOST_LETTERS),
  checkDatabase: z.null(),
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
  removeIfThere(path);
  const abort = new AbortController();
  const server = Deno.serve(
    { path, signal: abort.signal, onListen: () => {} },
    (request) => answer(request, control, log),
  );
  Deno.chmodSync(path, 0o600);
  return {
    path,
    async stop() {
      abort.abort();
      await server.finished.catch(() => {});
      removeIfThere(temporary ? dirname(path) : path);
    },
  };
}

function socketPath(dataDir: string): { path: string; temporary: boolean } {
  const path = join(dataDir, "perch.sock");
  if (new TextEncoder().encode(path).length <= MOST_PATH_BYTES) return { path, temporary: false };
  return { path: join(Deno.makeTempDirSync({ prefix: "perch-" }), "perch.sock"), temporary: true };
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
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
  const parsed = REQUESTS[call].safeParse(body);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({
      path: issue.path.join("."),
      message: issue.message,
    }));
    throw new PerchError("validation", "the command's fields are wrong", { errors });
  }
  switch (call) {
    case "resetUser":
      return await control.resetUser(parsed.data as z.output<typeof REQUESTS.resetUser>);
    case "addUser":
      return await control.addUser(parsed.data as z.output<typeof REQUESTS.addUser>);
    case "addKey":
      return await control.addKey(parsed.data as z.output<typeof REQUESTS.addKey>);
    case "replay":
      return await control.replay(parsed.data as unknown as DeadLetter[]);
    case "checkDatabase":
      return await control.checkDatabase();
  }
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
  return {
    addUser: (user) => call("addUser", user),
    resetUser: (user) => call("resetUser", user),
    addKey: (key) => call("addKey", key),
    replay: (letters) => call("replay", letters),
    checkDatabase: () => call("checkDatabase", null),
    close: () => client.close(),
  };
}
