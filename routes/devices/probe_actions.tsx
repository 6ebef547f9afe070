import type { VNode } from "preact";
import { z } from "zod";
import type { Clock } from "../../lib/base/clock.ts";
import type { Polls, PollTest } from "../../lib/sources/polls/polls.ts";
import { formAction } from "../frame/form_action.ts";
import { type FormState, NO_FORM } from "../frame/form_page.ts";
import { auditedBy } from "../http/caller.ts";
import type { Policy, Route, RouteContext } from "../http/route.ts";
import { SecretAddress } from "./probe_add.tsx";
import { besideFields, knownKind, probeOfForm, texts } from "./probe_fields.tsx";
import { PAGE, probeHref, type ProbePageParts } from "./probe_parts.tsx";
import { heartbeatAddress } from "./request.ts";

export interface ProbePage {
  path: string;
  idOf(context: RouteContext): string;
  draw(context: RouteContext, state: FormState): Promise<Response>;
}

/** What the forms of a probe's page post to. */
export function probeActions(parts: ProbePageParts, page: ProbePage): Route[] {
  const { polls } = parts;
  const action = <T,>(
    form: string,
    policy: Policy,
    schema: z.ZodType<T>,
    run: (id: string, data: T, context: RouteContext) => Promise<Response | string | void>,
    mostBytes?: number,
  ) =>
    formAction(
      `${page.path}/${form}`,
      schema,
      async (data, context) => {
        const id = page.idOf(context);
        return await besideFields(() => run(id, data, context)) ?? probeHref(id);
      },
      (context, sent) => page.draw(context, { form, ...sent }),
      policy,
      mostBytes,
    );
  const audited = (context: RouteContext) => auditedBy(parts.audit, context);
  const nothing = z.strictObject({});
  return [
    action("change", "admin", texts, async (id, values, context) => {
      const kind = knownKind(polls.find(id).kind);
      await polls.change(id, await probeOfForm(kind, values), audited(context));
    }, 256 * 1024),
    action(
      "enable",
      "engineer",
      z.strictObject({ enabled: z.enum(["on", "off"]) }),
      async (id, { enabled }, context) => {
        await polls.change(id, { enabled: enabled === "on" }, audited(context));
      },
    ),
    action(
      "allow",
      "admin",
      z.strictObject({ address: z.string().max(100) }),
      async (id, { address }, context) => {
        await polls.allow(id, address, audited(context));
      },
    ),
    action("test", "engineer", nothing, async (id, _, context) => {
      const notice = <Tested {...await polls.test(id)} />;
      return await page.draw(context, { ...NO_FORM, form: "test", notice });
    }),
    action("secret", "admin", nothing, async (id, _, context) => {
      const { secret } = await polls.renew(id, audited(context));
      const notice = <SecretAddress address={heartbeatAddress(parts, context, secret!)} />;
      return await page.draw(context, { ...NO_FORM, form: "secret", notice });
    }),
    action("remove", "admin", nothing, async (id, _, context) => {
      await polls.remove(id, audited(context));
      return PAGE;
    }),
  ];
}

function Tested({ ok, text }: PollTest): VNode {
  return (
    <section class="card attention" aria-labelledby="tested" role="status">
      <h2 id="tested">{ok ? "The test was good" : "The test failed"}</h2>
      <p>{text}</p>
    </section>
  );
}

/** A page does not wait longer for a name to be known. */
const ASK_MOST_MS = 2_000;

/**
 * The address that a probe's page asks to allow; null: none, or it is not known now. The page is where an address that
 * nobody may connect to is corrected, so it never fails because of one.
 */
export async function addressToAsk(
  { polls, clock }: { polls: Pick<Polls, "asks">; clock: Pick<Clock, "sleep"> },
  id: string,
): Promise<string | null> {
  const done = new AbortController();
  const late = clock.sleep(ASK_MOST_MS, done.signal).then(() => null, () => null);
  try {
    return await Promise.race([polls.asks(id), late]);
  } catch {
    return null;
  } finally {
    done.abort();
  }
}
