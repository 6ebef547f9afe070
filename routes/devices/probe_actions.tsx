import type { VNode } from "preact";
import { z } from "zod";
import type { PollTest } from "../../lib/sources/polls/polls.ts";
import { NO_FORM } from "../frame/form_page.ts";
import { itemActions, type ItemPage } from "../frame/option_form.tsx";
import { auditedBy } from "../http/caller.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { SecretAddress } from "./probe_add.tsx";
import { knownKind, probeOfForm, texts } from "./probe_fields.tsx";
import { PAGE, probeHref, type ProbePageParts } from "./probe_parts.tsx";
import { heartbeatAddress } from "./request.ts";

/** What the forms of a probe's page post to. */
export function probeActions(parts: ProbePageParts, page: ItemPage): Route[] {
  const { polls } = parts;
  const action = itemActions(page, probeHref);
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
