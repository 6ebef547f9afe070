import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import { OutgoingError } from "../../base/outgoing.ts";
import { upstreamOf } from "../../upstream/edge/line.ts";
import type { Check } from "./check.ts";
import { guardOf } from "./guard.ts";

const ANSWER_MS = 10_000;

/** Does the centre of the environment answer, and know the key of this site? Nothing is sent. */
export function forwardingCheck({ upstream, outgoing }: Config): Check {
  return {
    name: "forwarding",
    deadlineMs: 2 * ANSWER_MS,
    async run() {
      if (upstream === null) {
        return [{
          state: "ok",
          detail: "UPSTREAM_URL is not set: the settings say whether anything is forwarded",
        }];
      }
      const { centre, site, key } = upstreamOf(upstream.reveal());
      const guard = await guardOf(outgoing, ANSWER_MS);
      try {
        const { status } = await guard.fetch(`${centre}/api/sites/${encodeURIComponent(site)}`, {
          headers: { authorization: `Bearer ${key}` },
          trusted: true,
        });
        // A key that is known may write as its site, and read nothing.
        if (status === 403) {
          return [{ state: "ok", detail: `the centre ${centre} answers and knows the key` }];
        }
        return [{
          state: "problem",
          detail: status === 401
            ? `the centre ${centre} does not know the key of the site ${site}`
            : `what answers at ${centre} (${status}) knows of no sites`,
          advice: status === 401
            ? "It was revoked or has been replaced: give UPSTREAM_URL the line that the centre shows under Sites."
            : "Check UPSTREAM_URL; an earlier Perch is to be updated first. Readings wait meanwhile.",
        }];
      } catch (error) {
        if (!(error instanceof OutgoingError)) throw error;
        return [{
          state: "problem",
          detail: `the centre ${centre} cannot be reached (${messageOf(error)})`,
          advice: "Check UPSTREAM_URL, and that it runs; readings wait meanwhile.",
        }];
      }
    },
  };
}
