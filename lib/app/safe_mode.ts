import { join } from "node:path";
import type { Hono } from "hono";
import { setSecurityHeaders } from "../../routes/http/headers.ts";
import { mount } from "../../routes/http/mount.ts";
import { problemResponse } from "../../routes/http/problem.ts";
import { type Assets, createAssets, staticRoutes } from "../../routes/http/static.ts";
import { createShell } from "../../routes/frame/shell.tsx";
import { type SafeMode, safeModeRoutes, type SafeModeState } from "../../routes/site/safe_mode.tsx";
import { createConsoleToken } from "../access/console_token.ts";
import type { Progress, Receipt } from "../backup/types.ts";
import { systemClock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { withoutBase } from "../words/base_path.ts";
import { createSockets } from "../live/sockets.ts";
import type { Fetch } from "./server.ts";
import { openCertificates, servePages } from "./tls.ts";
import { ageText, goodBackups, restoreCommand } from "./way_out.ts";

/*
 * DESIGN: where a start is refused because the database is damaged or missing and a good backup is there, Perch
 * does not end: it serves one page that says so and offers the restore. Nothing else runs: no database is open, no
 * broker listens, no MQTT connection is made, so nothing is acknowledged. The page has no sign-in (there are no
 * accounts without a database); restoring takes a token that stands on the console, as the first start does.
 */

/** Puts a backup in the place of what is there; when it rejects, nothing was replaced. */
export type Restore = (file: string, onProgress: (progress: Progress) => void) => Promise<void>;

export interface SafeModeOptions {
  config: Config;
  log: Log;
  /** The refusal, with its way out. */
  error: PerchError;
  backups: readonly Receipt[];
  restore: Restore;
  /** For people at the console. */
  say: (line: string) => void;
}

export interface RunningSafeMode {
  url: string;
  port: number;
  /** Resolves when a backup was restored: Perch can start now. */
  restored: Promise<void>;
  stop(): Promise<void>;
}

const TOKEN_MS = 30 * 60_000;
const RETRY_AFTER_S = 60;
/** So long the page that waits for the end of a restore is still answered. */
const LAST_PAGE_MS = 3_000;
const GRACE_MS = 1_000;
const STAGES: Record<Progress["stage"], string> = {
  copying: "copying",
  packing: "packing",
  checking: "checking",
  unpacking: "unpacking and checking",
  replacing: "putting it in place",
};

/** The backups that help, where safe mode is the answer to a refused start; empty: it is not. */
export async function safeModeBackups(error: unknown, config: Config): Promise<Receipt[]> {
  const kind = error instanceof PerchError ? error.refusal?.kind : undefined;
  if (kind !== "damaged" && kind !== "missing") return [];
  if (!config.database.url.startsWith("file:")) return [];
  return await goodBackups(config.dataDir);
}

/** Serves the page. @throws PerchError `unavailable` when the port is taken */
export async function startSafeMode(options: SafeModeOptions): Promise<RunningSafeMode> {
  const { config, log, say } = options;
  const { promise: restored, resolve: done } = Promise.withResolvers<void>();
  const token = createConsoleToken({
    path: join(config.dataDir, "safe-mode-token"),
    livesMs: TOKEN_MS,
    monotonicMs: () => performance.now(),
    refusal:
      "this token is not valid: it can be used once, within 30 minutes. Restart Perch for a new one",
  });
  let restoring: SafeModeState["restoring"] = null;
  let failure: string | null = null;

  const safe: SafeMode = {
    state: () => stateOf(options, restoring, failure),
    async restore(file, text) {
      if (restoring !== null) throw new PerchError("conflict", "a restore is under way already");
      token.check(text);
      if (!options.backups.some((one) => one.file === file && !one.encrypted)) {
        throw new PerchError("not_found", "this backup is not there any more", {
          errors: [{ path: "file", message: "Choose one of these." }],
        });
      }
      restoring = { file, stage: "beginning", share: 0 };
      await token.end().catch((error) => log.warn("the token's file stays", { error }));
      run(file);
    },
  };

  async function run(file: string): Promise<void> {
    try {
      await options.restore(file, ({ stage, share }) => {
        restoring = { file, stage: STAGES[stage], share };
      });
      restoring = "done";
      log.warn(`${file} was restored in safe mode`);
      setTimeout(done, LAST_PAGE_MS);
    } catch (error) {
      failure = messageOf(error);
      restoring = null;
      log.error(`${file} could not be restored`, { error });
      await announce();
    }
  }

  async function announce(): Promise<void> {
    const secret = await token.begin().catch((error) => {
      log.error("no token for the restore could be made", { error });
      return null;
    });
    const command = `stop Perch and run "${restoreCommand(config, options.backups[0])}"`;
    say(
      secret === null
        ? `Perch is in safe mode and takes no readings: ${command}.`
        : `Perch is in safe mode and takes no readings. Open ${
          http.secure?.url ?? http.url
        } with the token ${secret} ` +
          `(valid for 30 minutes, once) to restore, or ${command}.`,
    );
  }

  const now = () => Date.now();
  const certificates = await openCertificates(config, { now, log }).catch((error) => {
    log.error("no HTTPS in safe mode", { error });
    return null;
  });
  const http = servePages({
    ...{ config, certificates, log, routes: [] },
    fetch: fetchOf(safe, config, log),
    sockets: createSockets(),
    clock: systemClock(),
  });
  log.error(`safe mode at ${http.url}: ${options.error.message}`);
  await announce();
  return {
    url: http.url,
    port: http.port,
    restored,
    async stop() {
      await token.end().catch(() => {});
      await http.stop(GRACE_MS);
    },
  };
}

function stateOf(
  { error, config, backups }: SafeModeOptions,
  restoring: SafeModeState["restoring"],
  failure: string | null,
): SafeModeState {
  const nowMs = Date.now();
  return {
    what: error.refusal!.what,
    sentence: error.message,
    database: config.database.url.slice("file:".length),
    restoring,
    failure,
    backups: backups.map((receipt) => ({
      file: receipt.file,
      age: ageText(receipt, nowMs),
      bytes: receipt.bytes,
      encrypted: receipt.encrypted,
      command: restoreCommand(config, receipt),
    })),
  };
}

/** Answers what the page needs; people who ask for another page get it too, everything else 503. */
function fetchOf(safe: SafeMode, config: Config, log: Log): Fetch {
  const assets = createAssets();
  const app = safeApp(safe, assets, config, log);
  const own = new Set(safeModeRoutes(safe, createShell(assets)).map(({ path }) => path));
  const { base } = config.http;
  return (request, info) => {
    const url = new URL(request.url);
    const pathname = withoutBase(url.pathname, base);
    if (own.has(pathname) || /^\/(static\/|favicon\.ico$)/.test(pathname)) {
      return app.fetch(request, info);
    }
    if (request.method === "GET" && request.headers.get("accept")?.includes("text/html")) {
      return app.fetch(new Request(new URL("/", url), { headers: request.headers }), info);
    }
    return refusal(pathname);
  };
}

function safeApp(safe: SafeMode, assets: Assets, config: Config, log: Log): Hono {
  const { trustedProxies, publicUrl, base, allowedNetworks } = config.http;
  return mount({
    routes: [...safeModeRoutes(safe, createShell(assets, base)), ...staticRoutes(assets)],
    resolve: () => null,
    log: log.child("http"),
    trustedProxies,
    publicUrl: publicUrl === null ? null : new URL(publicUrl),
    base,
    allowedNetworks,
    hostName: Deno.hostname(),
  });
}

function refusal(path: string): Response {
  const response = problemResponse(
    new PerchError(
      "unavailable",
      "Perch is in safe mode: its database is damaged or missing. Nothing is taken until it is restored.",
      { retryAfterS: RETRY_AFTER_S },
    ),
  );
  setSecurityHeaders(response.headers, path);
  return response;
}
