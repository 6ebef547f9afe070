import type { VNode } from "preact";
import { z } from "zod";
import { HardwareNow } from "../../islands/hardware_now.tsx";
import type { Identity } from "../../lib/access/identity.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { notNumber } from "../../lib/base/field_words.ts";
import { type InputSettings, inputSettingsShape } from "../../lib/sources/hardware/driver.ts";
import type { HardwareJson } from "../../lib/sources/hardware/view.ts";
import { Hidden, SeenField } from "../frame/form.tsx";
import { durationField } from "../frame/durations.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Island } from "../frame/island.tsx";
import { hrefWith } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Crumbs, Post } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { InputFields } from "./hardware_fields.tsx";
import { type HardwareServices, inputId, sensorPath } from "./hardware_request.ts";

export type HardwarePageParts = PageParts & HardwareServices;

const PAGE = "/hardware";
const ADD = `${PAGE}/add`;
const INPUT = `${PAGE}/input`;
/** A look that takes longer goes on while the page is shown. */
const WAIT_MS = 1_500;
/** Without script. */
const REFRESH_S = 10;
const query = z.object({ id: inputId }).loose();

const numeric = z.string().trim().max(30).transform((text, issue) => {
  if (text === "") return undefined;
  const value = Number(text.replace(",", "."));
  if (!Number.isNaN(value)) return value;
  issue.addIssue({ code: "custom", message: notNumber(text)! });
  return z.NEVER;
});
const settingFields = {
  interval_s: numeric.optional(),
  pulses_per_unit: numeric.optional(),
  debounce_ms: durationField,
  unit: z.string().max(24).optional(),
  edge: z.enum(["rising", "falling"]).optional(),
  bias: z.enum(["as-is", "pull-up", "pull-down", "disabled"]).optional(),
};
const form = z.strictObject({ id: inputId, sensor: sensorPath, ...settingFields });

/** `/hardware`: sensors at this host, and what can be added. */
export function hardwarePages(parts: HardwarePageParts): Route[] {
  const { hardware, audit, frame } = parts;
  const drawAdd = ({ c, who }: RouteContext, id: string, sent: SentForm) =>
    addPage(parts, id, sent).then((content) =>
      frame.answer(c, who, { title: "Add hardware", place: PAGE, status: sent.status, content })
    );
  const drawInput = ({ c, who }: RouteContext, id: string, sent: SentForm) =>
    frame.answer(c, who, {
      title: "Hardware",
      place: PAGE,
      status: sent.status,
      content: <InputPage parts={parts} id={id} sent={sent} />,
    });
  return [
    route({
      method: "get",
      path: PAGE,
      policy: "viewer",
      summary: null,
      handler: async ({ c, who }) => {
        const cut = new AbortController();
        const enough = parts.clock.sleep(WAIT_MS, cut.signal).catch(() => {});
        await Promise.race([hardware.look(), enough]);
        cut.abort();
        const view = await hardware.view();
        return frame.answer(c, who, {
          title: "Add hardware",
          place: PAGE,
          script: "lists",
          refreshS: REFRESH_S,
          content: <Page parts={parts} view={view} who={who} />,
        });
      },
    }),
    route({
      method: "get",
      path: ADD,
      policy: "admin",
      summary: null,
      query,
      handler: (context) => drawAdd(context, context.query.id, NOTHING_SENT),
    }),
    formAction(
      ADD,
      form,
      async ({ id, sensor, ...settings }, context) => {
        const given = { id, sensor, settings: sentOf(settings) };
        await beside(() => hardware.add(given, auditedBy(audit, context)));
        return PAGE;
      },
      (context, sent) => drawAdd(context, sent.values.id ?? "", sent),
      "admin",
    ),
    route({
      method: "get",
      path: INPUT,
      policy: "admin",
      summary: null,
      query,
      handler: (context) => drawInput(context, context.query.id, NOTHING_SENT),
    }),
    formAction(
      INPUT,
      form,
      async ({ id, sensor, ...settings }, context) => {
        const patch = { sensor, settings: sentOf(settings) };
        await beside(() => hardware.change(id, patch, auditedBy(audit, context)));
        return PAGE;
      },
      (context, sent) => drawInput(context, sent.values.id ?? "", sent),
      "admin",
    ),
    formAction(
      `${INPUT}/remove`,
      z.strictObject({ id: inputId }),
      async ({ id }, context) => {
        await hardware.remove(id, auditedBy(audit, context));
        return PAGE;
      },
      (context, sent) => drawInput(context, sent.values.id ?? "", sent),
      "admin",
    ),
  ];
}

/** Those that were sent; an empty number is what it was, or the default. */
function sentOf(sent: Partial<InputSettings>): Partial<InputSettings> {
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
}

/** What is wrong with a setting stands beside its field. */
async function beside<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof PerchError) || error.errors.length === 0) throw error;
    const errors = error.errors.map(({ path, message }) => ({
      path: path.replace(/^settings\./, ""),
      message,
    }));
    throw new PerchError(error.code, error.message, { errors, about: error.about });
  }
}

function Page(
  { parts, view, who }: { parts: HardwarePageParts; view: HardwareJson; who: Identity | null },
): VNode {
  const mayChange = who !== null && atLeast(who.role, "admin");
  return (
    <>
      <Crumbs>
        <a href="/sources">Sources</a>
      </Crumbs>
      <Island
        name="HardwareNow"
        component={HardwareNow}
        props={{ hardware: view, mayChange, nowMs: parts.clock.now(), zone: parts.zone }}
      />
      {!mayChange && <p class="muted">An admin can add what is there.</p>}
    </>
  );
}

async function addPage(parts: HardwarePageParts, id: string, sent: SentForm): Promise<VNode> {
  let { channels } = await parts.hardware.view();
  if (!channels.some((one) => one.id === id)) {
    await parts.hardware.look();
    ({ channels } = await parts.hardware.view());
  }
  const channel = channels.find((one) => one.id === id);
  if (channel === undefined) {
    throw new PerchError("not_found", `there is no "${id.slice(0, 200)}" at this host now`);
  }
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Hardware</a>
      </Crumbs>
      <Answer>{`Add: ${channel.title}, ${channel.device}`}</Answer>
      <section class="card" aria-label="Add">
        <form method="post" action={hrefWith(ADD, { id })}>
          <Hidden values={{ id }} />
          <InputFields
            sensor={channel.sensor}
            settings={inputSettingsShape.parse({})}
            counts={channel.counts}
            isPin={channel.driver === "gpio"}
            sent={sent}
          />
          <button type="submit" class="primary">Add</button>
        </form>
      </section>
    </>
  );
}

function InputPage(
  { parts, id, sent }: { parts: HardwarePageParts; id: string; sent: SentForm },
): VNode {
  const input = parts.hardware.find(id);
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Hardware</a>
      </Crumbs>
      <Answer>{input.sensor}</Answer>
      <p class="muted">{input.device === null ? id : `${input.device}, ${input.title}`}</p>
      {input.text !== "" && <p class="hardware-said">{input.text}</p>}
      <section class="card" aria-label="Change">
        <form method="post" action={hrefWith(INPUT, { id })}>
          <SeenField />
          <Hidden values={{ id }} />
          <InputFields
            sensor={input.sensor}
            settings={input.settings}
            counts={input.counts}
            isPin={input.driver === "gpio"}
            sent={sent}
          />
          <button type="submit" class="primary">Save</button>
        </form>
      </section>
      <section class="card" aria-labelledby="hardware-remove">
        <h2 id="hardware-remove">Remove</h2>
        <p>It is read no more. Its sensor and what was measured stay.</p>
        <Post action={`${INPUT}/remove`} fields={{ id }} seen>Remove</Post>
      </section>
    </>
  );
}
