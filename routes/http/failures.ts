import type { Context } from "hono";
import type { Identity } from "../../lib/access/identity.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { randomId } from "../../lib/base/ids.ts";
import type { Log } from "../../lib/base/log.ts";
import { isScarce } from "../../lib/base/scarce.ts";
import { problemHeaders, problemOf, problemResponse } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { wantsHtml } from "./request.ts";

/** An HTML page for a problem. */
export type ErrorPage = (problem: Problem, who: Identity | null, c: Context) => string;

/** The answer to a request in which `thrown` was thrown. */
export type Failed = (c: Context, thrown: unknown, who: Identity | null) => Response;

/** Makes whatever is thrown problem+json, or an HTML page for people where there is one. */
export function createFailed(log: Log, errorPage?: ErrorPage): Failed {
  return (c, thrown, who) => {
    const error = thrown instanceof PerchError ? thrown : unexpected(c, thrown);
    if (!errorPage || !wantsHtml(c)) return problemResponse(error);
    const problem = problemOf(error);
    const { "www-authenticate": _, ...headers } = problemHeaders(error);
    return new Response(errorPage(problem, who, c), {
      status: problem.status,
      headers: { "content-type": "text/html; charset=utf-8", ...headers },
    });
  };

  function unexpected(c: Context, thrown: unknown): PerchError {
    if (isScarce(thrown)) {
      const sentence = "Perch has no free file descriptors at the moment; try again shortly";
      return new PerchError("unavailable", sentence, { cause: thrown, retryAfterS: 5 });
    }
    const reference = randomId(8);
    log.error(`${c.req.method} ${shownPath(c)} failed`, { error: thrown, reference });
    if (thrown instanceof Error) log.debug("stack", { reference, stack: thrown.stack });
    return new PerchError("internal", `something went wrong; the log names it by ${reference}`);
  }
}

/** A secret that stands at the end of a path does not come into the log. */
function shownPath({ req }: Context): string {
  const secret: string | undefined = req.param("secret");
  return secret === undefined ? req.path : `${req.path.slice(0, req.path.lastIndexOf("/"))}/***`;
}
