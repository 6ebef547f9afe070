import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import {
  behindMs,
  newSiteShape,
  OFFSET_MOST_MS,
  type Site,
  type SiteStanding,
  standingOf,
  troubleOf,
} from "../../lib/upstream/centre/site.ts";
import { grouped } from "../../lib/words/numbers.ts";
import { duration } from "../../lib/words/times.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import { Field, FormError } from "../frame/form.tsx";
import { RowFilter } from "../frame/list_filter.tsx";
import { Answer, Crumbs, Empty, Fact, Facts, Post } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { idForm } from "../http/params.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { brokerLineOf, lineOf, siteBy, type SiteParts } from "./request.ts";

export const SITES = "/sites";

/** `/sites`: Perches elsewhere that forward to this one, and how they are doing. */
export function sitePages(parts: SiteParts): Route[] {
  const { sites } = parts;
  const page: FormPage = {
    path: SITES,
    policy: "viewer",
    draw: (context, state) => draw(parts, context, state),
  };
  type Made = Awaited<ReturnType<typeof sites.add>>;
  const noticeOf = (context: RouteContext, { site, key }: Made) => (
    <LineNotice
      name={site.name}
      line={lineOf(parts, context, site, key)}
      brokerLine={brokerLineOf(parts, site, key)}
    />
  );
  const act = (form: string, run: (id: string, context: RouteContext) => Promise<unknown>) =>
    formRoute(
      page,
      form,
      idForm,
      async ({ id }, context) => void await run(id, context),
      "admin",
    );
  return [
    pageRoute(page),
    formRoute(
      page,
      "add",
      newSiteShape,
      async (given, context) => noticeOf(context, await sites.add(given, siteBy(parts, context))),
      "admin",
    ),
    formRoute(
      page,
      "key",
      idForm,
      async ({ id }, context) => noticeOf(context, await sites.renew(id, siteBy(parts, context))),
      "admin",
    ),
    act("revoke", (id, context) => sites.revoke(id, siteBy(parts, context))),
    act("remove", (id, context) => sites.remove(id, siteBy(parts, context))),
    act("adopt", (id, context) => sites.adopt(id, siteBy(parts, context))),
    formRoute(
      page,
      "choose",
      z.strictObject({ id: z.string().max(40), instance: z.string().max(64) }),
      async ({ id, instance }, context) => {
        await sites.choose(id, instance, siteBy(parts, context));
      },
      "admin",
    ),
  ];
}

function draw(
  parts: SiteParts,
  context: RouteContext,
  state: FormState,
): Response | Promise<Response> {
  const { c, who } = context;
  const nowMs = parts.clock.now();
  const all = parts.sites.list();
  const isAdmin = who !== null && atLeast(who.role, "admin");
  const { errors, values } = stateOf(state, "add");
  return parts.frame.answer(c, who, {
    title: "Sites",
    place: SITES,
    script: "lists",
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href="/more">More</a>
        </Crumbs>
        <Answer>{answerOf(all, nowMs)}</Answer>
        {state.notice}
        <FormError>{state.form === "add" ? undefined : Object.values(state.errors)[0]}</FormError>
        {all.length === 0 && (
          <Empty>
            A Perch at another place can forward to this one: its machines, readings and alarms are
            here too then, below the name of its site. {isAdmin
              ? "Add a site; you get one line, which is entered there under Settings, Forwarding."
              : "An admin can add one."}
          </Empty>
        )}
        <RowFilter rows="main .site" count={all.length} label="Filter sites by name" />
        <div class="machines">
          {all.map((site) => <SiteCard key={site.id} {...{ parts, site, nowMs, isAdmin }} />)}
          {isAdmin && (
            <section class="card" aria-labelledby="add">
              <h2 id="add">New site</h2>
              <form method="post" action={`${SITES}/add`}>
                <FormError>{errors.form}</FormError>
                <Field
                  name="id"
                  label="Short name"
                  placeholder="hall-2"
                  help="The first part of its machines' paths here. It cannot be changed later."
                  value={values.id}
                  error={errors.id}
                />
                <Field
                  name="name"
                  label="Name"
                  placeholder="Hall 2"
                  required={false}
                  value={values.name}
                  error={errors.name}
                />
                <button type="submit" class="primary">Add the site</button>
              </form>
            </section>
          )}
        </div>
      </>
    ),
  });
}

const WORDS: Record<SiteStanding, [text: string, look: string]> = {
  new: ["not heard yet", ""],
  connected: ["connected", ""],
  late: ["late", "warning"],
  silent: ["silent", "critical"],
  clash: ["two of it", "critical"],
  revoked: ["key revoked", "warning"],
};

function answerOf(all: readonly Site[], nowMs: number): string {
  if (all.length === 0) return "No site forwards to this Perch";
  const well = all.filter((site) => standingOf(site, nowMs) === "connected").length;
  const sites = `${all.length} sites`;
  return well === all.length
    ? all.length === 1 ? "The site is connected" : `All ${sites} are connected`
    : `${well} of ${all.length} ${all.length === 1 ? "site" : "sites"} ${
      well === 1 ? "is" : "are"
    } connected`;
}

function SiteCard(
  { parts, site, nowMs, isAdmin }: {
    parts: SiteParts;
    site: Site;
    nowMs: number;
    isAdmin: boolean;
  },
): VNode {
  const { id, name, state } = site;
  const [text, look] = WORDS[standingOf(site, nowMs)];
  const trouble = troubleOf(site);
  const behind = behindMs(state, nowMs);
  return (
    <section class="card site" aria-labelledby={`site-${id}`}>
      <h2 id={`site-${id}`}>
        {name} <span class={`state ${look}`.trim()}>{text}</span>
      </h2>
      {trouble !== null && <p class="error">{trouble}</p>}
      <Facts>
        <Fact name="Machines">
          <a href={`/machines?under=${encodeURIComponent(id)}`}>{`below ${id}`}</a>
        </Fact>
        <Fact name="Last heard">
          <Ago tMs={state.contactMs} nowMs={nowMs} zone={parts.zone} />
        </Fact>
        {state.contactMs !== null && (
          <>
            <Fact name="Behind">
              {behind < 1000 && !state.waiting
                ? "nothing waits there"
                : `${duration(behind)}${
                  state.waiting === null ? "" : `, ${grouped(state.waiting)} readings`
                }`}
            </Fact>
            {state.lost > 0 && (
              <Fact name="Given up there">{`${grouped(state.lost)} readings`}</Fact>
            )}
            <Fact name="Host">{`${state.host}, Perch ${state.perch}`}</Fact>
            <Fact name="Clock">{clockWords(state.offsetMs)}</Fact>
          </>
        )}
      </Facts>
      {isAdmin && <Actions site={site} />}
    </section>
  );
}

function clockWords(offsetMs: number): VNode | string {
  if (Math.abs(offsetMs) < 1_000) return "as here";
  const by = `${duration(Math.abs(offsetMs))} ${offsetMs > 0 ? "ahead" : "behind"}`;
  return Math.abs(offsetMs) < OFFSET_MOST_MS
    ? by
    : <span class="state first warning">{`${by}: set it there`}</span>;
}

function Actions({ site: { id, name, keyId, state } }: { site: Site }): VNode {
  const fields = { id };
  return (
    <details>
      <summary>{state.clash === null ? "Key and host" : "Choose one"}</summary>
      {state.clash?.hosts.map(({ instance, host }) => (
        <Post
          key={instance}
          action={`${SITES}/choose`}
          fields={{ ...fields, instance }}
          look="small"
          about={<p>{`The one on ${host} goes on; the other is not heard any more.`}</p>}
        >
          {`Go on with ${host}`}
        </Post>
      ))}
      <Post
        action={`${SITES}/key`}
        {...{ fields, seen: true }}
        look="small"
        about={<p>Another key: the one before ends at once.</p>}
      >
        New line with another key
      </Post>
      {keyId !== null && (
        <Post
          action={`${SITES}/revoke`}
          {...{ fields, seen: true }}
          look="small"
          about={<p>Nothing is taken from it any more. It keeps what happens there.</p>}
        >
          Revoke the key
        </Post>
      )}
      {state.node !== null && (
        <Post
          action={`${SITES}/adopt`}
          {...{ fields, seen: true }}
          look="small"
          about={<p>Its host was replaced: the next Perch that comes with its line is the site.</p>}
        >
          Take another host
        </Post>
      )}
      <Post
        action={`${SITES}/remove`}
        {...{ fields, seen: true }}
        look="small"
        about={<p>It leaves this list. Its machines and readings stay.</p>}
        label={`Remove the site ${name}`}
      >
        Remove the site
      </Post>
    </details>
  );
}

function LineNotice(
  { name, line, brokerLine }: { name: string; line: string; brokerLine: string | null },
): VNode {
  return (
    <section class="card attention" aria-labelledby="made" role="status">
      <h2 id="made">{`The line for ${name}`}</h2>
      <pre tabIndex={0}><code class="secret">{line}</code></pre>
      <p class="help">
        Enter it at that Perch under Settings, Forwarding, or as UPSTREAM_URL in its environment. It
        is shown this once: whoever has it can write as this site.
      </p>
      {brokerLine !== null && (
        <>
          <p>Where the site reaches the broker and not this Perch, this line instead:</p>
          <pre tabIndex={0}><code class="secret">{brokerLine}</code></pre>
          <p class="help">
            A broker that asks for a sign-in gets one of its own: add ?user=…&password=… to the
            line. It never sees the key.
          </p>
        </>
      )}
    </section>
  );
}
