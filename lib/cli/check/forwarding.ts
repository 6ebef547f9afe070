import { brokerLines } from "../../app/broker_line.ts";
import { systemClock } from "../../base/clock.ts";
import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import { type Outgoing, OutgoingError } from "../../base/outgoing.ts";
import { type BrokerUpstream, upstreamOf } from "../../upstream/edge/line.ts";
import { createMqttLink } from "../../upstream/edge/mqtt_link.ts";
import type { Check, Finding } from "./check.ts";
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
      const guard = await guardOf(outgoing, ANSWER_MS);
      const to = upstreamOf(upstream.reveal());
      if (to.via === "broker") return [await brokerAnswers(to, guard)];
      const { centre, site, key } = to;
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

/** The same through a broker: the site's first question has nothing of the site in it. */
async function brokerAnswers(
  to: BrokerUpstream,
  outgoing: Outgoing,
): Promise<Omit<Finding, "name">> {
  const clock = systemClock();
  const link = createMqttLink({
    clock,
    open: brokerLines({ clock, log: silentLog(), outgoing, trusted: () => true }),
  });
  const { centre, site } = to;
  try {
    const why = await link.knock(to, AbortSignal.timeout(ANSWER_MS))
      .catch(() => `no centre answers for the site ${site} at the broker ${centre}`);
    if (why === null) {
      return { state: "ok", detail: `a centre answers at the broker ${centre} and knows the key` };
    }
    return {
      state: "problem",
      detail: why.replace(/\.$/, ""),
      advice: "Check UPSTREAM_URL, and MQTT_URL of the centre; readings wait meanwhile.",
    };
  } finally {
    await link.close();
  }
}
