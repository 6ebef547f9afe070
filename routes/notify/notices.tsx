/** @module `/notices`: notices on this device, for everybody who signs in. */
import type { VNode } from "preact";
import { NoticesHere } from "../../islands/notices_here.tsx";
import type { PushBrowser } from "../../lib/notify/push/browsers.ts";
import { type FormPage, formRoute, pageRoute } from "../frame/form_page.ts";
import { Island } from "../frame/island.tsx";
import type { PageFrame } from "../frame/layout.tsx";
import { Answer, Post, UnderMore } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { auditedBy } from "../http/caller.ts";
import { idForm } from "../http/params.ts";
import type { Route } from "../http/route.ts";
import { deviceOf } from "../../lib/words/browsers.ts";
import { pushChannel, type PushServices, tryBrowser } from "./push_api.ts";

export const PAGE = "/notices";

/** My browsers that show notices, and this one. */
export function noticePages(parts: PushServices & { frame: PageFrame; zone: string }): Route[] {
  const { push, notify, audit, frame } = parts;
  const page: FormPage = {
    path: PAGE,
    policy: "person:viewer",
    async draw({ c, who, nowMs, loopback, secure }, state) {
      const mine = await push.of(who!.id);
      return frame.answer(c, who, {
        title: "Notices on this device",
        place: "/more",
        script: "notices",
        status: state.status,
        content: (
          <Content
            mine={mine}
            nowMs={nowMs}
            zone={parts.zone}
            isReady={pushChannel(notify) !== null || who!.role === "admin"}
            isSecure={secure || loopback}
            notice={state.notice}
          />
        ),
      });
    },
  };
  return [
    pageRoute(page),
    formRoute(page, "test", idForm, async ({ id }, { who }) => {
      const { delivered, answer } = await tryBrowser(parts, who, id);
      return (
        <p class="site-notice" role="status">
          {delivered
            ? "The notice was sent. It shows within seconds on a device that is on."
            : `The push service did not take it: ${answer}`}
        </p>
      );
    }),
    formRoute(page, "remove", idForm, async ({ id }, context) => {
      await push.remove(context.who!.id, id, auditedBy(audit, context));
    }),
  ];
}

function Content(
  { mine, nowMs, zone, isReady, isSecure, notice }: {
    mine: readonly PushBrowser[];
    nowMs: number;
    zone: string;
    isReady: boolean;
    isSecure: boolean;
    notice?: VNode;
  },
): VNode {
  const count = mine.length;
  return (
    <>
      <UnderMore />
      <Answer>
        {count === 0
          ? "No device of yours shows notices"
          : `${count} ${count === 1 ? "device" : "devices"} of yours show notices`}
      </Answer>
      {notice}
      <section class="card" aria-labelledby="here">
        <h2 id="here">This device</h2>
        {!isSecure
          ? (
            <p>
              Browsers show notices over HTTPS alone, and this page came over plain HTTP. Open Perch
              over HTTPS (<a href="/guides/https">how</a>), or let an admin add ntfy, Telegram or
              Gotify as a channel: they reach phones without it.
            </p>
          )
          : isReady
          ? (
            <>
              <Island name="NoticesHere" component={NoticesHere} props={{}} />
              <noscript>
                <p>Switching notices on needs scripts.</p>
              </noscript>
            </>
          )
          : (
            <p>
              An admin has to switch notices on for this Perch first: here, on a device of theirs.
            </p>
          )}
        <p class="help">
          Notification rules say what is sent. On an iPhone or iPad install Perch first (Share, Add
          to Home Screen) and open it from there. Notices end when you sign out here, or when you
          remove the device below.
        </p>
      </section>
      {count > 0 && (
        <section class="card" aria-labelledby="mine">
          <h2 id="mine">My devices</h2>
          <ul class="more">
            {mine.map(({ id, agent, createdMs, lastUsedMs }) => (
              <li key={id}>
                <p>{deviceOf(agent)}</p>
                <p class="help">
                  Since <Ago tMs={createdMs} nowMs={nowMs} zone={zone} />
                  {lastUsedMs === null ? ", no notice yet" : (
                    <>
                      , last notice <Ago tMs={lastUsedMs} nowMs={nowMs} zone={zone} />
                    </>
                  )}
                </p>
                <div class="actions">
                  <Post action={`${PAGE}/test`} fields={{ id }}>Send a test</Post>
                  <Post action={`${PAGE}/remove`} fields={{ id }}>Remove</Post>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
