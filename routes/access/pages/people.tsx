import type { VNode } from "preact";
import { z } from "zod";
import { type Role, ROLES } from "../../../lib/access/identity.ts";
import type { LinkKind } from "../../../lib/access/link_store.ts";
import type { User } from "../../../lib/access/user_store.ts";
import type { Route, RouteContext } from "../../http/route.ts";
import { caller } from "../../http/caller.ts";
import { mailLink } from "../people.ts";
import { Field, FormError, SeenField, Select } from "../../frame/form.tsx";
import { idForm } from "../../http/params.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../../frame/form_page.ts";
import { Answer, Post, UnderMore } from "../../frame/parts.tsx";
import type { AccountPageParts } from "./parts.ts";
import { Ago } from "../../frame/times.tsx";
import { RowFilter } from "../../frame/list_filter.tsx";

export const ROLE_CHOICES: readonly (readonly [Role, string])[] = [
  ["viewer", "Viewer: sees"],
  ["engineer", "Engineer: also machines, alarms"],
  ["admin", "Admin: also people, settings"],
];

const STATES: Record<User["state"], string> = {
  active: "active",
  invited: "invited",
  disabled: "disabled",
  deleted: "deleted",
};

/** `/people`: who has an account, with what role; invitations. For admins. */
export function peoplePages(parts: AccountPageParts): Route[] {
  const { users, links, mailed, secondFactor } = parts.access;
  const page: FormPage = {
    path: "/people",
    policy: "admin",
    draw: (context, state) =>
      parts.frame.answer(context.c, context.who, {
        title: "People",
        place: "/more",
        status: state.status,
        content: <Content parts={parts} context={context} state={state} />,
      }),
  };
  const linkNotice = async (user: User, kind: LinkKind, context: RouteContext) => {
    const { secret } = await links.create(user.id, kind, caller(context));
    const origin = parts.publicUrl ?? new URL(context.c.req.url).origin;
    return <LinkNotice email={user.email} kind={kind} url={`${origin}/welcome/${secret}`} />;
  };
  const known = (userId: string) => {
    const user = users.find(userId);
    return user && user.state !== "deleted" ? user : null;
  };
  return [
    pageRoute(page),
    formRoute(
      page,
      "invite",
      z.strictObject({ email: z.string().max(254), role: z.enum(ROLES) }),
      async (data, context) => {
        const actor = caller(context);
        const mails = mailed.available();
        const user = await users.add(data, actor, {
          also: (added) => mails ? mailed.statements(added, "invite", actor) : [],
        });
        return mails
          ? <MailedNotice email={user.email} kind="invite" />
          : await linkNotice(user, "invite", context);
      },
    ),
    formRoute(
      page,
      "role",
      idForm.extend({ role: z.enum(ROLES) }),
      async (data, context) => {
        await users.change(data.id, { role: data.role }, caller(context));
      },
    ),
    formRoute(
      page,
      "state",
      idForm.extend({ state: z.enum(["active", "disabled", "deleted"]) }),
      async (data, context) => {
        await users.change(data.id, { state: data.state }, caller(context));
      },
    ),
    formRoute(page, "link", idForm, async (data, context) => {
      const user = known(data.id);
      if (!user) return;
      return await linkNotice(user, user.state === "invited" ? "invite" : "reset", context);
    }),
    formRoute(page, "mail", idForm, async (data, context) => {
      const user = known(data.id);
      if (!user) return;
      await mailLink(parts.access, user, caller(context));
      const kind = user.state === "invited" ? "invite" : "reset";
      return <MailedNotice email={user.email} kind={kind} />;
    }),
    formRoute(page, "second-factor", idForm, async (data, context) => {
      const user = known(data.id);
      if (user) await secondFactor.remove(user, caller(context));
    }),
  ];
}

function Content(
  { parts, context, state }: { parts: AccountPageParts; context: RouteContext; state: FormState },
): VNode {
  const people = parts.access.users.list();
  const invite = stateOf(state, "invite");
  const error = state.form !== "invite" ? Object.values(state.errors)[0] : undefined;
  return (
    <>
      <UnderMore />
      <Answer>
        {people.length === 1
          ? "One person has an account"
          : `${people.length} people have accounts`}
      </Answer>
      {state.notice}
      <FormError>{error}</FormError>
      <section class="card" aria-labelledby="invite-title">
        <h2 id="invite-title">Invite somebody</h2>
        <form method="post" action="/people/invite">
          <FormError>{invite.errors.form}</FormError>
          <Field
            name="email"
            label="Email"
            type="email"
            value={invite.values.email}
            error={invite.errors.email}
            help={parts.access.mailed.available()
              ? "They get a link by email to set a password."
              : "The link to set a password is shown here once; send it to them."}
            autocomplete="off"
          />
          <Select
            name="role"
            label="Role"
            options={ROLE_CHOICES}
            value={invite.values.role ?? "viewer"}
            error={invite.errors.role}
          />
          <button type="submit" class="primary">Make the invitation</button>
        </form>
      </section>
      <RowFilter
        rows='section[aria-labelledby^="person-"]'
        count={people.length}
        label="Filter people by name or address"
      />
      <div class="machines">
        {people.map((user) => (
          <Person
            key={user.id}
            user={user}
            self={user.id === context.who?.id}
            mails={parts.access.mailed.available()}
            nowMs={parts.clock.now()}
            zone={parts.zone}
          />
        ))}
      </div>
    </>
  );
}

function Person(
  { user, self, mails, nowMs, zone }: {
    user: User;
    self: boolean;
    mails: boolean;
    nowMs: number;
    zone: string;
  },
): VNode {
  const label = `person-${user.id}`;
  return (
    <section class="card" aria-labelledby={label}>
      <h2 id={label}>
        {user.name || user.email}
        <span class={user.state === "active" ? "state" : "state warning"}>
          {STATES[user.state]}
        </span>
      </h2>
      <p class="muted">
        {user.email}
        {self ? " (you)" : ""}, last sign-in{" "}
        <Ago tMs={user.lastSignInMs} nowMs={nowMs} zone={zone} />
        {user.totp ? ", second factor on" : ""}
      </p>
      <form method="post" action="/people/role">
        <SeenField />
        <input type="hidden" name="id" value={user.id} />
        <Select
          name="role"
          label="Role"
          id={`role-${user.id}`}
          options={ROLE_CHOICES}
          value={user.role}
        />
        <button type="submit" class="small">Change the role</button>
      </form>
      <StateForms user={user} mails={mails} />
    </section>
  );
}

function StateForms({ user, mails }: { user: User; mails: boolean }): VNode {
  const button = (action: string, text: string, fields: Record<string, string> = {}) => (
    <Post action={`/people/${action}`} fields={{ id: user.id, ...fields }} seen look="small">
      {text}
    </Post>
  );
  const { state } = user;
  return (
    <div class="buttons">
      {state === "active" && button("state", "Disable", { state: "disabled" })}
      {state === "disabled" && button("state", "Enable", { state: "active" })}
      {state !== "disabled" && mails &&
        button("mail", state === "invited" ? "Mail the invitation" : "Mail a password reset")}
      {state !== "disabled" &&
        button("link", state === "invited" ? "New invitation link" : "Password reset link")}
      {user.totp && button("second-factor", "Turn the second factor off")}
      {state !== "active" && button("state", "Delete", { state: "deleted" })}
    </div>
  );
}

function MailedNotice({ email, kind }: { email: string; kind: LinkKind }): VNode {
  return (
    <section class="card attention" aria-labelledby="mailed-title" role="status">
      <h2 id="mailed-title">
        {kind === "invite" ? "The invitation is on its way" : "The reset is on its way"}
      </h2>
      <p>
        {`${email} gets a mail with a link. `}
        <a href="/deliveries">Deliveries</a> show what becomes of it.
      </p>
    </section>
  );
}

function LinkNotice({ email, kind, url }: { email: string; kind: LinkKind; url: string }): VNode {
  return (
    <section class="card attention" aria-labelledby="link-title">
      <h2 id="link-title">{kind === "invite" ? "The invitation" : "The reset link"}</h2>
      <p>
        {`Send this link to ${email}. It works once, for ${
          kind === "invite" ? "three days" : "two hours"
        }, and is not shown again.`}
      </p>
      <pre tabIndex={0}><code>{url}</code></pre>
    </section>
  );
}
