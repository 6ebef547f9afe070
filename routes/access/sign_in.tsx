import type { VNode } from "preact";
import { getCookie } from "hono/cookie";
import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import type { DemoUser } from "../../lib/access/demo.ts";
import type { Identity } from "../../lib/access/identity.ts";
import { type BrowserSignIn, CodeNeeded } from "../../lib/access/sign_in.ts";
import { localPath } from "../http/form.ts";
import { NOTICES_COOKIE, sessionCookie } from "../http/session_cookie.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { caller } from "../http/caller.ts";
import { seeOther } from "../http/see_other.ts";
import { Field, FormError } from "../frame/form.tsx";
import { formAction } from "../frame/form_action.ts";
import type { Shell } from "../frame/shell.tsx";

export interface SignInPages {
  access: Access;
  shell: Shell;
  /** Shown as a banner by the simulator on loopback; empty otherwise. */
  demoUsers: readonly DemoUser[];
  /** What stops Perch from doing its work; null: nothing. */
  trouble: () => string | null;
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
  const { access, shell, demoUsers } = options;
  const shared = () => ({
    demoUsers,
    mails: access.mailed.available(),
    trouble: options.trouble() !== null,
  });

  /** Signs in, or asks for the code of the second factor. */
  async function enter(
    prove: () => Promise<BrowserSignIn>,
    context: RouteContext,
    next: string | undefined,
  ): Promise<Response> {
    try {
      return await signedIn(context, await prove(), next, access);
    } catch (error) {
      if (error instanceof CodeNeeded) return askCode(error, next, shell);
      throw error;
    }
  }

  function again(
    { status, ...props }: Omit<FormProps, "demoUsers" | "mails" | "trouble"> & { status: number },
  ): Response {
    return shell("Sign in", <SignInForm {...props} {...shared()} />, status);
  }

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
        return shell("Sign in", <SignInForm next={query.next} {...shared()} />);
      },
    }),
    formAction(
      "/sign-in",
      formSchema,
      async ({ email, password, next }, context) => {
        const request = { email, password, from: caller(context) };
        return await enter(() => access.signIn.browser(request), context, next);
      },
      (_, { values, ...sent }) => again({ email: values.email, next: values.next, ...sent }),
      "public",
    ),
    formAction(
      "/sign-in/code",
      codeSchema,
      async ({ ticket, code, next }, context) => {
        const request = { ticket, code, from: caller(context) };
        return await enter(() => access.signIn.browserCode(request), context, next);
      },
      (_, { values, errors, status }) =>
        again({ next: values.next, errors: { form: "Begin again.", ...errors }, status }),
      "public",
    ),
    route({
      method: "post",
      path: "/sign-out",
      policy: "public",
      summary: null,
      handler: async ({ who, ...place }) => {
        await endSession(who, access);
        const response = seeOther("/sign-in");
        response.headers.append("set-cookie", sessionCookie(place, null));
        return response;
      },
    }),
  ];
}

/** Sets the cookie and goes on; an earlier session of this browser ends, or goes on as this one. */
export async function signedIn(
  context: RouteContext,
  signIn: BrowserSignIn,
  next: string | undefined,
  access: Access,
): Promise<Response> {
  const { who } = context;
  const isSame = who?.via === "session" && who.id === signIn.user.id;
  if (isSame && who.session !== undefined) await access.sessions.replace(who.session);
  else await endSession(who, access);
  // The sign-in of who was here before may have run out: what shows their notices has not.
  const mark = getCookie(context.c, NOTICES_COOKIE);
  if (mark !== undefined) await access.sessions.endOthers(mark, signIn.user.id);
  const response = seeOther(localPath(next));
  const cookie = sessionCookie(context, signIn.secret, signIn.lifeMs / 1000);
  response.headers.append("set-cookie", cookie);
  return response;
}

async function endSession(who: Identity | null, access: Access): Promise<void> {
  if (who?.via === "session" && who.session !== undefined) await access.sessions.end(who.session);
}

interface FormProps {
  /** A reset can be sent by email. */
  mails: boolean;
  /** Said without details: whoever is here has not signed in yet. */
  trouble: boolean;
  email?: string;
  next?: string;
  demoUsers: readonly DemoUser[];
  errors?: Record<string, string>;
}

function askCode(error: CodeNeeded, next: string | undefined, shell: Shell): Response {
  return shell("One-time code", <CodeForm error={error} next={next} />, 401);
}

function SignInForm({ email, next, demoUsers, mails, trouble, errors = {} }: FormProps): VNode {
  return (
    <>
      {trouble && (
        <p class="site-trouble" role="alert">
          No readings are stored at the moment. Sign in to see why.
        </p>
      )}
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
      {mails && (
        <p>
          <a href="/forgot">Forgot the password?</a>
        </p>
      )}
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
