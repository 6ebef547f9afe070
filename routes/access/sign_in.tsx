import type { VNode } from "preact";
import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import type { DemoUser } from "../../lib/access/demo.ts";
import type { Identity } from "../../lib/access/identity.ts";
import { type BrowserSignIn, CodeNeeded } from "../../lib/access/sign_in.ts";
import { HTTP_STATUS, PerchError } from "../../lib/base/errors.ts";
import { formErrors, localPath, readForm } from "../middleware/form.ts";
import { problemHeaders } from "../middleware/problem.ts";
import { sessionCookie } from "../middleware/session_cookie.ts";
import { type Route, route, type RouteContext } from "../route.ts";
import { caller } from "./caller.ts";
import { Field, FormError, shellPage } from "./shell.tsx";

const FORM_BYTES = 16 * 1024;

export interface SignInPages {
  access: Access;
  /** Shown as a banner by the simulator on loopback; empty otherwise. */
  demoUsers: readonly DemoUser[];
}

const formSchema = z.strictObject({
  email: z.string().max(254),
  password: z.string().max(1024),
  next: z.string().max(2000).optional(),
});
const codeSchema = z.strictObject({
  ticket: z.string().max(100),
  code: z.string().max(20),
  next: z.string().max(2000).optional(),
});

/** Signing in and out in a browser. */
export function signInPages(options: SignInPages): Route[] {
  const { access, demoUsers } = options;
  return [
    route({
      method: "get",
      path: "/sign-in",
      policy: "public",
      summary: null,
      query: z.object({ next: z.string().max(2000).optional() }).loose(),
      handler: ({ who, query }) => {
        if (who?.via === "session") return seeOther(localPath(query.next));
        if (access.setup.isOpen()) return seeOther("/setup");
        return shellPage("Sign in", <SignInForm next={query.next} demoUsers={demoUsers} />);
      },
    }),
    route({
      method: "post",
      path: "/sign-in",
      policy: "public",
      summary: null,
      handler: async (context) => {
        const form = await readForm(context.c, formSchema, FORM_BYTES);
        if (!form.ok) {
          const { email, next } = form.values;
          return again({ email, next, demoUsers, errors: form.errors });
        }
        const { email, password, next } = form.data;
        try {
          const request = { email, password, from: caller(context) };
          return signedIn(context, await access.signIn.browser(request), next, access);
        } catch (error) {
          if (error instanceof CodeNeeded) return askCode(error, next);
          return again({ email, next, demoUsers, errors: formErrors(error), thrown: error });
        }
      },
    }),
    route({
      method: "post",
      path: "/sign-in/code",
      policy: "public",
      summary: null,
      handler: async (context) => {
        const form = await readForm(context.c, codeSchema, FORM_BYTES);
        if (!form.ok) return again({ demoUsers, errors: { form: "begin again" } });
        const { ticket, code, next } = form.data;
        try {
          const signIn = await access.signIn.browserCode({ ticket, code, from: caller(context) });
          return signedIn(context, signIn, next, access);
        } catch (error) {
          if (error instanceof CodeNeeded) return askCode(error, next);
          return again({ next, demoUsers, errors: formErrors(error), thrown: error });
        }
      },
    }),
    route({
      method: "post",
      path: "/sign-out",
      policy: "public",
      summary: null,
      handler: async ({ who, secure }) => {
        await endSession(who, access);
        const response = seeOther("/sign-in");
        response.headers.append("set-cookie", sessionCookie(secure, null));
        return response;
      },
    }),
  ];
}

/** Sets the cookie and goes on; an earlier session of this browser ends. */
export async function signedIn(
  context: RouteContext,
  signIn: BrowserSignIn,
  next: string | undefined,
  access: Access,
): Promise<Response> {
  await endSession(context.who, access);
  const response = seeOther(localPath(next));
  const cookie = sessionCookie(context.secure, signIn.secret, signIn.lifeMs / 1000);
  response.headers.append("set-cookie", cookie);
  return response;
}

async function endSession(who: Identity | null, access: Access): Promise<void> {
  if (who?.via === "session" && who.session !== undefined) await access.sessions.end(who.session);
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

interface FormProps {
  email?: string;
  next?: string;
  demoUsers: readonly DemoUser[];
  errors?: Record<string, string>;
}

function again(props: FormProps & { thrown?: unknown }): Response {
  const { thrown } = props;
  const status = thrown instanceof PerchError ? HTTP_STATUS[thrown.code] : 400;
  const response = shellPage("Sign in", <SignInForm {...props} />, status);
  if (thrown instanceof PerchError) {
    const { "retry-after": retryAfter } = problemHeaders(thrown);
    if (retryAfter) response.headers.set("retry-after", retryAfter);
  }
  return response;
}

function askCode(error: CodeNeeded, next: string | undefined): Response {
  return shellPage("One-time code", <CodeForm error={error} next={next} />, 401);
}

function SignInForm({ email, next, demoUsers, errors = {} }: FormProps): VNode {
  return (
    <>
      <form method="post" action="/sign-in">
        <FormError>{errors.form}</FormError>
        <Field
          name="email"
          label="Email"
          type="email"
          value={email}
          error={errors.email}
          autocomplete="username"
          autofocus={!email}
        />
        <Field
          name="password"
          label="Password"
          type="password"
          error={errors.password}
          autocomplete="current-password"
          autofocus={Boolean(email)}
        />
        {next && <input type="hidden" name="next" value={next} />}
        <button type="submit" class="primary">Sign in</button>
      </form>
      {demoUsers.length > 0 && <DemoBanner demoUsers={demoUsers} />}
    </>
  );
}

function CodeForm({ error, next }: { error: CodeNeeded; next?: string }): VNode {
  return (
    <form method="post" action="/sign-in/code">
      <input type="hidden" name="ticket" value={error.ticket} />
      <Field
        name="code"
        label="Code from your authenticator app"
        help="Six digits, or one of your recovery codes."
        error={error.wrong ? "This code is not right." : undefined}
        autocomplete="one-time-code"
        autofocus
      />
      {next && <input type="hidden" name="next" value={next} />}
      <button type="submit" class="primary">Continue</button>
    </form>
  );
}

function DemoBanner({ demoUsers }: { demoUsers: readonly DemoUser[] }): VNode {
  return (
    <section class="notice" aria-label="Demonstration accounts">
      <p>This is the simulator. Anyone on this host can sign in with:</p>
      <ul>
        {demoUsers.map((user) => (
          <li key={user.email}>
            <code>{user.email}</code> <code>{user.password}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
