import type { VNode } from "preact";
import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import { Field, FormError } from "../frame/form.tsx";
import { formAction } from "../frame/form_action.ts";
import { type Route, route } from "../http/route.ts";
import { caller } from "../http/caller.ts";
import type { Shell } from "../frame/shell.tsx";

const TITLE = "Forgotten password";
const schema = z.strictObject({ email: z.email("This is not an address.").max(254) });

/** `/forgot`: a mail with a link to choose a new password. The answer is the same for every address. */
export function forgotPages({ mailed }: Access, shell: Shell): Route[] {
  return [
    route({
      method: "get",
      path: "/forgot",
      policy: "public",
      summary: null,
      handler: () => shell(TITLE, <Form mails={mailed.available()} />),
    }),
    formAction(
      "/forgot",
      schema,
      async ({ email }, context) => {
        if (!mailed.available()) return shell(TITLE, <Form mails={false} />, 409);
        await mailed.forgot(email, caller(context));
        return shell(TITLE, <Done />);
      },
      (_, { errors, values, status }) =>
        shell(
          TITLE,
          <Form mails={mailed.available()} errors={errors} values={values} />,
          status,
        ),
      "public",
    ),
  ];
}

function Form(
  { mails, errors = {}, values = {} }: {
    mails: boolean;
    errors?: Record<string, string>;
    values?: Record<string, string>;
  },
): VNode {
  if (!mails) {
    return <p>This Perch sends no mail. An admin can give you a link to set a new password.</p>;
  }
  return (
    <form method="post" action="/forgot">
      <p>You get a mail with a link to choose a new password.</p>
      <FormError>{errors.form}</FormError>
      <Field
        name="email"
        label="Email"
        type="email"
        value={values.email}
        error={errors.email}
        autocomplete="username"
        autofocus
      />
      <button type="submit" class="primary">Send the link</button>
    </form>
  );
}

function Done(): VNode {
  return (
    <>
      <p role="status">
        If there is an account with this address, a mail with a link is on its way. The link works
        once, for two hours.
      </p>
      <p>
        <a href="/sign-in">Back to signing in</a>
      </p>
    </>
  );
}
