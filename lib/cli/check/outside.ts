import { createGemini } from "../../ai/gemini.ts";
import { ModelFault } from "../../ai/model.ts";
import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { OpenOffline } from "../control.ts";
import { withControl } from "../with_control.ts";
import type { Check } from "./check.ts";
import { guardOf } from "./guard.ts";

const ANSWER_MS = 10_000;
const MODELS_NAMED = 6;

type Found = Awaited<ReturnType<Check["run"]>>[number];

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

/** Does the model's service answer, take the key, and have the models? Nothing is asked of a model. */
export function modelCheck({ gemini, outgoing }: Config): Check {
  return {
    name: "model",
    deadlineMs: 2 * ANSWER_MS,
    async run() {
      const { key, baseUrl } = gemini;
      if (key === null) {
        return [{ state: "ok", detail: "GEMINI_API_KEY is not set: no model is asked" }];
      }
      const guard = await guardOf(outgoing, ANSWER_MS);
      try {
        const names = await createGemini({ key, baseUrl, outgoing: guard }).models();
        return modelFindings(gemini, names);
      } catch (error) {
        return [faultFinding(baseUrl, error)];
      }
    },
  };
}

/** Models come and go: is there still what is set? */
function modelFindings({ baseUrl, model, modelFix }: Config["gemini"], names: string[]): Found[] {
  return ([["AI_MODEL", model], ["AI_MODEL_FIX", modelFix]] as const).map(([variable, name]) =>
    names.length === 0 || names.includes(name)
      ? { state: "ok", detail: `${baseUrl} answers; ${variable} is ${name}` }
      : {
        state: "problem",
        detail: `${variable} is ${name}, which this key cannot ask`,
        advice: `Set ${variable}, or the setting of it, to one of ${
          names.filter((one) => one.startsWith("gemini")).slice(0, MODELS_NAMED).join(", ")
        }.`,
      }
  );
}

function faultFinding(baseUrl: string, error: unknown): Found {
  const status = error instanceof ModelFault ? error.status : null;
  if (status === 400 || status === 401 || status === 403) {
    return {
      state: "problem",
      detail: `${baseUrl} does not accept the key (${status})`,
      advice: "Look at GEMINI_API_KEY, and at what the key may be used for.",
    };
  }
  if (status !== null) return { state: "ok", detail: `${baseUrl} answers (${status})` };
  return {
    state: "problem",
    detail: `${baseUrl} does not answer (${messageOf(error)})`,
    advice: "Check the network and GEMINI_BASE_URL, or leave GEMINI_API_KEY unset to go without.",
  };
}
