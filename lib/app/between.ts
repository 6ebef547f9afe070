import { prepareUnpacked } from "../backup/restore.ts";
import type { HandedOver, RestoreJob } from "../backup/restores.ts";
import type { Config } from "../base/config.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { setSecurityHeaders } from "../../routes/http/headers.ts";
import { problemResponse } from "../../routes/http/problem.ts";
import { type HttpServer, serveHttp } from "./server.ts";

const REFRESH_S = 2;
const GRACE_MS = 1_000;
const WAIT =
  "Perch restores a backup and starts again in a moment. Readings that devices keep are taken then.";

/**
 * Swaps in what was handed over, between the end of Perch and its next start; whoever asks meanwhile is told so.
 * Gives what became of it when it failed: everything is as it was then.
 */
export async function restoreBetween(
  { config, log, handed }: { config: Config; log: Log; handed: HandedOver },
): Promise<RestoreJob | null> {
  const { request } = handed;
  const waiting = serveWaiting(config, log);
  try {
    const prepared = await prepareUnpacked(request, handed, {});
    const { from, replaced } = await prepared.replace();
    log.warn(`${from} was restored, as ${request.by} asked; what it replaced is in ${replaced}`);
    return null;
  } catch (error) {
    log.error("the restore failed; everything is as it was", { error });
    const file = request.file.slice(request.file.lastIndexOf("/") + 1);
    return { file, by: request.by, state: "failed", share: 1, error: messageOf(error) };
  } finally {
    await waiting?.stop(GRACE_MS);
  }
}

/** Null: the port is not free yet; nobody is told then. */
function serveWaiting(config: Config, log: Log): HttpServer | null {
  try {
    return serveHttp({ ...config.http, log, fetch: (request) => Promise.resolve(answer(request)) });
  } catch (error) {
    log.warn("nobody is told that a backup is being restored", { error });
    return null;
  }
}

function answer(request: Request): Response {
  const { pathname } = new URL(request.url);
  const wantsPage = request.method === "GET" &&
    request.headers.get("accept")?.includes("text/html") === true;
  const response = wantsPage
    ? new Response(
      `<!doctype html><html lang="en"><title>Perch restores a backup</title><h1>${WAIT}</h1></html>`,
      {
        status: 503,
        headers: { "content-type": "text/html; charset=utf-8", refresh: `${REFRESH_S}` },
      },
    )
    : problemResponse(new PerchError("unavailable", WAIT, { retryAfterS: REFRESH_S }));
  setSecurityHeaders(response.headers, pathname);
  return response;
}
