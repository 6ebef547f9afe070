import type { VNode } from "preact";
import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { caller } from "../http/caller.ts";
import { seeOther } from "../http/see_other.ts";
import { Field, FormError } from "../frame/form.tsx";
import { formAction } from "../frame/form_action.ts";
import type { Shell } from "../frame/shell.tsx";
import { signedIn } from "./sign_in.tsx";

const setupSchema = z.strictObject({
  token: z.string().max(200),
  email: z.string().max(254),
  password: z.string().max(256),
});
const welcomeSchema = z.strictObject({ password: z.string().max(256) });

/** First start (`/setup`) and one-use links (`/welcome/…`). */
export function setupPages(access: Access, shell: Shell): Route[] {
  const { setup, links } = access;
  return [
    route({
      method: "get",
      path: "/setup",
      policy: "public",
      summary: null,
      handler: () => {
        if (setup.isOpen()) return shell("First start", <SetupForm />);
        return access.users.isEmpty() ? shell("First start", <SetupOver />) : seeOther("/sign-in");
      },
    }),
    formAction(
      "/setup",
      setupSchema,
      async (data, context) => {
        const from = caller(context);
        await setup.finish(data, from);
        const signIn = await access.signIn.browser({ ...data, from });
        return await signedIn(context, signIn, "/", access);
      },
      (_, { errors, values, status }) =>
        shell("First start", <SetupForm email={values.email} errors={errors} />, status),
      "public",
    ),
    route({
      method: "get",
      path: "/welcome/:secret",
      policy: "public",
      summary: null,
      handler: async ({ params }) => {
        const found = await links.find(params.secret);
        if (!found) return shell("Link", <LinkOver />, 401);
        return shell(
          found.kind === "invite" ? "Welcome" : "New password",
          <PasswordForm email={found.user.email} />,
        );
      },
    }),
    formAction(
      "/welcome/:secret",
      welcomeSchema,
      async ({ password }, context) => {
        await links.use(secretOf(context), password, caller(context));
        // With a second factor this asks for the code: go through the front door.
        return "/sign-in";
      },
      async (context, { errors, status }) => {
        const found = await links.find(secretOf(context));
        if (!found) return shell("Link", <LinkOver />, 401);
        const form = <PasswordForm email={found.user.email} errors={errors} />;
        return shell("New password", form, status);
      },
      "public",
    ),
  ];
}

const secretOf = (context: RouteContext) => (context.params as { secret: string }).secret;

function SetupForm(
  { email, errors = {} }: { email?: string; errors?: Record<string, string> },
): VNode {
  return (
    <form method="post" action="/setup">
      <p>Nobody has an account yet. You become the first admin.</p>
      <FormError>{errors.form}</FormError>
      <Field
        name="token"
        label="Setup token"
        help="Perch printed it when it started; it is also in the file setup-token of the data directory."
        error={errors.token}
        autocomplete="off"
        autofocus
      />
      <Field
        name="email"
        label="Email"
        type="email"
        value={email}
        error={errors.email}
        autocomplete="username"
      />
      <NewPassword error={errors.password} />
      <button type="submit" class="primary">Create the account</button>
    </form>
  );
}

function PasswordForm(
  { email, errors = {} }: { email: string; errors?: Record<string, string> },
): VNode {
  return (
    <form method="post">
      <p>
        For <strong>{email}</strong>. Afterwards you sign in with it.
      </p>
      <FormError>{errors.form}</FormError>
      <input type="hidden" autocomplete="username" value={email} />
      <NewPassword error={errors.password} />
      <button type="submit" class="primary">Set the password</button>
    </form>
  );
}

function NewPassword({ error }: { error?: string }): VNode {
  return (
    <Field
      name="password"
      label="Password"
      type="password"
      help="At least 8 characters; a few words make a good one."
      error={error}
      autocomplete="new-password"
      minLength={8}
    />
  );
}

function SetupOver(): VNode {
  return (
    <p>
      The setup token was for 30 minutes after the start. Start Perch again for a new one, or add an
      account on the host with <code>perch user add --email you@example.org --role admin</code>.
    </p>
  );
}

function LinkOver(): VNode {
  return (
    <p class="error" role="alert">
      This link is not valid: it counts once and for a limited time. Ask an admin for a new one.
    </p>
  );
}
