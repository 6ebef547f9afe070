import type { VNode } from "preact";
import { z } from "zod";
import { LINES, upstreamOf } from "../../lib/upstream/edge/line.ts";
import type { ForwardState } from "../../lib/upstream/edge/state.ts";
import { bytes, grouped } from "../../lib/words/numbers.ts";
import { duration } from "../../lib/words/times.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import { Field, FormError } from "../frame/form.tsx";
import { Answer, Crumbs, Fact, Facts, Post } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { auditedBy, caller } from "../http/caller.ts";
import type { Route, RouteContext } from "../http/route.ts";
import type { ForwardingParts } from "./request.ts";

const PATH = "/settings/forwarding";

const lineForm = z.strictObject({
  line: z.string().trim().min(1, "enter the line that the centre showed").max(600)
    .refine(
      (line) => isLine(line),
      `must be ${LINES}, as the centre shows it`,
    ),
});

function isLine(line: string): boolean {
  try {
    upstreamOf(line);
    return true;
  } catch {
    return false;
  }
}

/** `/settings/forwarding`: to which centre this Perch forwards, and how far it is. */
export function forwardingPages(parts: ForwardingParts): Route[] {
  const page: FormPage = {
    path: PATH,
    policy: "admin",
    draw: (context, state) => draw(parts, context, state),
  };
  const put = async (line: string, context: RouteContext) => {
    const audited = auditedBy(parts.audit, context);
    await parts.settings.setAll(
      [{ key: "forwarding.line", value: line }],
      caller(context).name,
      (key) => [audited({ action: "setting.update", resource: `setting:${key}` })],
    );
    parts.forwarder.wake();
  };
  return [
    pageRoute(page),
    formRoute(page, "line", lineForm, ({ line }, context) => put(line, context)),
    formRoute(page, "off", z.strictObject({}), (_, context) => put("", context)),
    formRoute(page, "now", z.strictObject({}), () => {
      parts.forwarder.wake();
      return Promise.resolve();
    }),
  ];
}

const ANSWERS: Record<ForwardState["state"], string> = {
  off: "Nothing is forwarded",
  starting: "Forwarding begins",
  connected: "The centre has what happens here",
  waiting: "What happens here waits for the centre",
  refused: "The centre does not take this site",
};

function draw(
  { forwarder, frame, clock, zone, settings }: ForwardingParts,
  { c, who }: RouteContext,
  state: FormState,
): Response | Promise<Response> {
  const now = forwarder.state();
  const { errors, values } = stateOf(state, "line");
  const isBehind = now.state === "connected" && (now.waiting ?? 0) > 0;
  return frame.answer(c, who, {
    title: "Forwarding",
    place: PATH,
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href="/settings">Settings</a>
        </Crumbs>
        <Answer>{isBehind ? "The centre is catching up" : ANSWERS[now.state]}</Answer>
        {state.notice}
        {now.state !== "off" && <Standing {...{ now, zone }} nowMs={clock.now()} />}
        <section class="card" aria-labelledby="line">
          <h2 id="line">{now.state === "off" ? "Forward to a centre" : "Another centre"}</h2>
          <p>
            Readings, events, open alarms, machines and sensors go to another Perch, in order, and
            nothing twice. While it cannot be reached, what happens here waits:{" "}
            {settings.get("forwarding.keep_days")} days and {settings.get("forwarding.keep_mb")}
            {" "}
            MB of it at most, then the oldest is not forwarded any more. Everything stays here too.
          </p>
          <form method="post" action={`${PATH}/line`}>
            <FormError>{errors.form}</FormError>
            <Field
              name="line"
              label="Line of the centre"
              placeholder="https://hall-2:perch_…@centre.example"
              help="The centre shows it when this site is added there, under Sites. A centre in a private network has to be allowed under Settings, Outgoing connections."
              autocomplete="off"
              value={values.line}
              error={errors.line}
            />
            <button type="submit" class="primary">Forward</button>
          </form>
        </section>
        {now.state !== "off" && (
          <section class="card" aria-labelledby="off">
            <h2 id="off">Stop forwarding</h2>
            <Post
              action={`${PATH}/off`}
              about={<p>What waits is not forwarded later either. It stays here.</p>}
            >
              Stop
            </Post>
          </section>
        )}
      </>
    ),
  });
}

function Standing(
  { now, nowMs, zone }: { now: ForwardState; nowMs: number; zone: string },
): VNode {
  return (
    <section class="card" aria-labelledby="standing">
      <h2 id="standing">{`${now.site} at ${now.centre}`}</h2>
      <p class={now.state === "refused" ? "error" : undefined}>{now.detail}</p>
      <Facts>
        <Fact name="Waiting">
          {now.waiting === null ? "being counted" : `${grouped(now.waiting)} readings`}
          {now.oldestMs !== null && now.waiting !== 0 &&
            `, the oldest ${duration(Math.max(0, nowMs - now.oldestMs))} old`}
        </Fact>
        {now.keptBytes > 0 && <Fact name="Set aside">{bytes(now.keptBytes)}</Fact>}
        {now.lost > 0 && <Fact name="Given up">{`${grouped(now.lost)} readings`}</Fact>}
        <Fact name="Last heard">
          <Ago tMs={now.contactMs} nowMs={nowMs} zone={zone} />
        </Fact>
        {now.centreVersion !== null && <Fact name="Centre">{`Perch ${now.centreVersion}`}</Fact>}
        {now.offsetMs !== null && Math.abs(now.offsetMs) >= 1_000 && (
          <Fact name="This clock">
            {`${duration(Math.abs(now.offsetMs))} ${
              now.offsetMs > 0 ? "ahead of" : "behind"
            } the centre's`}
          </Fact>
        )}
      </Facts>
      {now.state !== "connected" && <Post action={`${PATH}/now`}>Try now</Post>}
    </section>
  );
}
