import type { VNode } from "preact";
import { z } from "zod";
import type { Session } from "../../../lib/access/session_store.ts";
import type { User } from "../../../lib/access/user_store.ts";
import { deviceOf } from "../../../lib/words/browsers.ts";
import { PerchError } from "../../../lib/base/errors.ts";
import type { Route, RouteContext } from "../../http/route.ts";
import { caller, me } from "../../http/caller.ts";
import { Field, FormError, SeenField } from "../../frame/form.tsx";
import { idForm } from "../../http/params.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../../frame/form_page.ts";
import { Answer, Post, Table, UnderMore } from "../../frame/parts.tsx";
import type { AccountPageParts } from "./parts.ts";
import { Enrolment, RecoveryCodes, SecondFactorCard } from "./second_factor.tsx";
import { Ago, Exact } from "../../frame/times.tsx";

const none = z.strictObject({});

/** `/profile`: my name, password, second factor, and where I am signed in. */
export function profilePages(parts: AccountPageParts): Route[] {
  const { users, sessions, secondFactor, signIn, audit } = parts.access;
  const page: FormPage = {
    path: "/profile",
    policy: "person:viewer",
    draw: async (context, state) => {
      const user = me(context, users);
      const recoveryCodes = user.totp ? await secondFactor.recoveryCodesLeft(user.id) : 0;
      return parts.frame.answer(context.c, context.who, {
        title: "Profile",
        place: "/more",
        status: state.status,
        content: (
          <Content
            parts={parts}
            context={context}
            user={user}
            state={state}
            recoveryCodes={recoveryCodes}
          />
        ),
      });
    },
  };
  return [
    pageRoute(page),
    formRoute(page, "name", z.strictObject({ name: z.string().max(80) }), async (data, context) => {
      await users.change(me(context, users).id, data, caller(context));
    }),
    formRoute(
      page,
      "password",
      z.strictObject({ current_password: z.string().max(1024), password: z.string().max(256) }),
      async ({ current_password, password }, context) => {
        const user = me(context, users);
        await signIn.confirm(user, current_password, caller(context)).catch(atField);
        const keepSession = context.who?.session;
        await users.setPassword(user.id, password, caller(context), { keepSession });
      },
    ),
    formRoute(
      page,
      "end-session",
      idForm,
      async ({ id }, context) => {
        const session = sessions.live(id);
        if (session?.userId === me(context, users).id) await sessions.end(id);
      },
    ),
    formRoute(page, "sign-out-everywhere", none, async (_, context) => {
      const user = me(context, users);
      await sessions.endUser(user.id);
      await audit.record({
        actor: caller(context),
        action: "session.end_all",
        resource: `user:${user.id}`,
        touches: [],
      });
    }),
    formRoute(page, "enrol", none, async (_, context) => {
      const user = me(context, users);
      if (user.totp) throw new PerchError("conflict", "the second factor is on already");
      return <Enrolment {...await secondFactor.enrol(user)} />;
    }),
    formRoute(
      page,
      "confirm",
      z.strictObject({ code: z.string().max(20) }),
      async ({ code }, context) => {
        const codes = await secondFactor.confirm(me(context, users), code, caller(context));
        return <RecoveryCodes codes={codes} />;
      },
    ),
    formRoute(
      page,
      "remove-factor",
      z.strictObject({ password: z.string().max(1024) }),
      async ({ password }, context) => {
        const user = me(context, users);
        await signIn.confirm(user, password, caller(context));
        await secondFactor.remove(user, caller(context));
      },
    ),
  ];
}

/** The password that was wrong is the current one, not the new one. */
function atField(error: unknown): never {
  if (!(error instanceof PerchError) || error.code !== "forbidden") throw error;
  throw new PerchError("forbidden", error.message, {
    errors: [{ path: "current_password", message: "This is not your password." }],
  });
}

interface ContentProps {
  parts: AccountPageParts;
  context: RouteContext;
  user: User;
  state: FormState;
  recoveryCodes: number;
}

function Content({ parts, context, user, state, recoveryCodes }: ContentProps): VNode {
  const name = stateOf(state, "name");
  const password = stateOf(state, "password");
  return (
    <>
      <UnderMore />
      <Answer>{`You are ${user.name || user.email}, ${user.role}`}</Answer>
      {state.notice}
      <section class="card" aria-labelledby="name-title">
        <h2 id="name-title">Name</h2>
        <form method="post" action="/profile/name">
          <SeenField />
          <FormError>{name.errors.form}</FormError>
          <Field
            name="name"
            label="Shown name"
            value={name.values.name ?? user.name}
            error={name.errors.name}
            required={false}
            autocomplete="name"
          />
          <button type="submit">Save the name</button>
        </form>
      </section>
      <section class="card" aria-labelledby="password-title">
        <h2 id="password-title">Password</h2>
        <form method="post" action="/profile/password">
          <FormError>{password.errors.form}</FormError>
          <Field
            name="current_password"
            label="Current password"
            type="password"
            error={password.errors.current_password}
            autocomplete="current-password"
          />
          <Field
            name="password"
            label="New password"
            type="password"
            help="At least 8 characters. Your other sign-ins end."
            error={password.errors.password}
            autocomplete="new-password"
            minLength={8}
          />
          <button type="submit">Change the password</button>
        </form>
      </section>
      <SecondFactorCard user={user} state={state} left={recoveryCodes} />
      <SessionsCard
        sessions={parts.access.sessions.ofUser(user.id)}
        current={context.who?.session}
        nowMs={parts.clock.now()}
        zone={parts.zone}
      />
    </>
  );
}

function SessionsCard(
  { sessions, current, nowMs, zone }: {
    sessions: Session[];
    current: string | undefined;
    nowMs: number;
    zone: string;
  },
): VNode {
  const sorted = [...sessions].sort((a, b) => b.lastUsedMs - a.lastUsedMs);
  return (
    <section class="card" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Where you are signed in</h2>
      <Table label="Sign-ins">
        <thead>
          <tr>
            <th scope="col" class="text">Browser or program</th>
            <th scope="col">Address</th>
            <th scope="col">Since</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span class="hidden">End</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((session) => (
            <tr key={session.id}>
              <th scope="row" class="text" title={session.agent}>
                {session.kind === "api" ? "API: " : ""}
                {session.agent === "" ? "unknown" : deviceOf(session.agent)}
              </th>
              <td>{session.address}</td>
              <td>
                <Exact tMs={session.createdMs} zone={zone} />
              </td>
              <td>
                <Ago tMs={session.lastUsedMs} nowMs={nowMs} zone={zone} />
              </td>
              <td>
                {session.id === current
                  ? "this one"
                  : (
                    <Post action="/profile/end-session" fields={{ id: session.id }} look="small">
                      End
                    </Post>
                  )}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      <Post action="/profile/sign-out-everywhere">Sign out everywhere</Post>
    </section>
  );
}
