import { createOutgoing } from "../../base/create_outgoing.ts";
import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { OpenOffline } from "../control.ts";
import { withControl } from "../with_control.ts";
import type { Check } from "./check.ts";

const ANSWER_MS = 10_000;

/** Do the mail servers answer? They are greeted; nothing is sent. */
export function mailCheck(config: Config, openOffline: OpenOffline): Check {
  return {
    name: "mail",
    deadlineMs: 30_000,
    async run() {
      const { url } = config.database;
      const isNew = url.startsWith("file:") &&
        await Deno.stat(url.slice("file:".length)).then(({ size }) => size === 0, () => true);
      if (isNew) {
        return config.smtp.server === null
          ? [{ state: "ok", detail: "no mail channel is set up" }]
          : [{ state: "unknown", detail: "SMTP_SERVER is tried once there is a database" }];
      }
      const channels = await withControl(
        config,
        "check",
        openOffline,
        (control) => control.greetChannels(),
      );
      if (channels.length === 0) return [{ state: "ok", detail: "no mail channel is set up" }];
      return channels.map(({ name, fault }) =>
        fault === null ? { state: "ok", detail: `the server of "${name}" answers` } : {
          state: "problem",
          detail: `the server of "${name}" cannot be used (${fault})`,
          advice:
            "Look at its settings on the page Channels (SMTP_SERVER and SMTP_PORT, where it is of the " +
            "environment), and send a test message there.",
        }
      );
    },
  };
}

/** Does the address of the model answer? Tried only where a key is set; the key is not sent. */
export function modelCheck({ gemini, outgoing }: Config): Check {
  return {
    name: "model",
    deadlineMs: 2 * ANSWER_MS,
    async run() {
      if (gemini.key === null) {
        return [{ state: "ok", detail: "GEMINI_API_KEY is not set: no model is asked" }];
      }
      const guard = createOutgoing({
        allowed: () => [],
        opened: outgoing.networks,
        ownPorts: () => [],
        ca: outgoing.caFile === null ? [] : [await Deno.readTextFile(outgoing.caFile)],
      });
      try {
        // Any answer shows that the way there is open.
        await guard.fetch(gemini.baseUrl, { timeoutMs: ANSWER_MS, trusted: true, maxBytes: 1_024 });
        return [{ state: "ok", detail: `${gemini.baseUrl} answers` }];
      } catch (error) {
        return [{
          state: "problem",
          detail: `${gemini.baseUrl} does not answer (${messageOf(error)})`,
          advice:
            "Check the network and GEMINI_BASE_URL, or leave GEMINI_API_KEY unset to go without.",
        }];
      }
    },
  };
}
