import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import { authorizationOf, createHistoryServer, keptFor } from "../../history/server.ts";
import { DAY_MS } from "../../words/times.ts";
import type { Check } from "./check.ts";
import { guardOf } from "./guard.ts";

const ANSWER_MS = 10_000;
/** A server keeps a month unless it is told otherwise. */
const LEAST_MS = 365 * DAY_MS;

/** Does the history server of the environment answer, and would it keep what it is sent? Nothing is sent. */
export function historyCheck({ history, outgoing }: Config): Check {
  return {
    name: "history",
    deadlineMs: 2 * ANSWER_MS,
    async run() {
      const { url, user, password, token } = history;
      if (url === null) {
        return [{ state: "ok", detail: "HISTORY_URL is not set: history stays on this host" }];
      }
      const guard = await guardOf(outgoing, ANSWER_MS);
      const authorization = authorizationOf({
        token: token?.reveal() ?? "",
        user: user ?? "",
        password: password?.reveal() ?? "",
      });
      const place = { url, authorization, trusted: true };
      try {
        const server = createHistoryServer({ outgoing: guard, place, timeoutMs: ANSWER_MS });
        const { keepsMs, dropsDuplicates } = await server.facts();
        if (dropsDuplicates) {
          return [{
            state: "problem",
            detail: `${url} removes readings that stand close together: nothing is sent there`,
            advice: "Start it without -dedup.minScrapeInterval.",
          }];
        }
        if (keepsMs !== null && keepsMs < LEAST_MS) {
          return [{
            state: "warn",
            detail: `${url} keeps readings for ${keptFor(keepsMs)} only`,
            advice: "Start it with -retentionPeriod=10y, or as long as history is wanted.",
          }];
        }
        const kept = keepsMs === null ? "" : ` and keeps readings for ${keptFor(keepsMs)}`;
        return [{ state: "ok", detail: `${url} answers${kept}` }];
      } catch (error) {
        return [{
          state: "problem",
          detail: `the history server cannot be used (${messageOf(error)})`,
          advice: "Check HISTORY_URL and HISTORY_TOKEN, and that it runs; readings wait meanwhile.",
        }];
      }
    },
  };
}
