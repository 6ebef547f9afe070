import type { VNode } from "preact";
import type { User } from "../../../lib/access/user_store.ts";
import { Field, FormError } from "../../frame/form.tsx";
import { type FormState, stateOf } from "../../frame/form_page.ts";
import { QrCode } from "./qr.tsx";

/** The second factor of a person: whether it is on, and what turns it on or off. */
export function SecondFactorCard(
  { user, state, left }: { user: User; state: FormState; left: number },
): VNode {
  const confirm = stateOf(state, "confirm");
  const remove = stateOf(state, "remove-factor");
  return (
    <section class="card" aria-labelledby="factor-title">
      <h2 id="factor-title">Second factor</h2>
      {user.totp
        ? (
          <>
            <p>{`On. ${left} recovery codes are left.`}</p>
            <form method="post" action="/profile/remove-factor">
              <FormError>{remove.errors.form}</FormError>
              <Field
                name="password"
                label="Password, to turn it off"
                type="password"
                error={remove.errors.password}
                autocomplete="current-password"
              />
              <button type="submit">Turn it off</button>
            </form>
          </>
        )
        : (
          <>
            <p>
              Off. With it, signing in also asks for a code of an authenticator app on your phone.
            </p>
            {confirm.errors.code || confirm.errors.form
              ? <ConfirmForm error={confirm.errors.code ?? confirm.errors.form} />
              : (
                <form method="post" action="/profile/enrol">
                  <FormError>{stateOf(state, "enrol").errors.form}</FormError>
                  <button type="submit">Turn it on</button>
                </form>
              )}
          </>
        )}
    </section>
  );
}

/** The key that an authenticator app is given, to be confirmed with a code of it. */
export function Enrolment({ secret, uri }: { secret: string; uri: string }): VNode {
  return (
    <section class="card attention" aria-labelledby="enrol-title">
      <h2 id="enrol-title">Add Perch to your authenticator app</h2>
      <p>
        Scan this with the app, or <a href={uri}>open the app</a> on this phone.
      </p>
      <QrCode text={uri} label="QR code of the key" />
      <p>Without a camera, type this key into the app:</p>
      <p>
        <code>{secret.match(/.{1,4}/g)!.join(" ")}</code>
      </p>
      <ConfirmForm />
    </section>
  );
}

function ConfirmForm({ error }: { error?: string }): VNode {
  return (
    <form method="post" action="/profile/confirm">
      <Field
        name="code"
        label="Code that the app shows"
        error={error}
        autocomplete="one-time-code"
      />
      <button type="submit">Confirm</button>
    </form>
  );
}

/** Shown once, after the second factor was turned on. */
export function RecoveryCodes({ codes }: { codes: string[] }): VNode {
  return (
    <section class="card attention" aria-labelledby="codes-title">
      <h2 id="codes-title">The second factor is on</h2>
      <p>
        Keep these recovery codes where you find them without your phone. Each works once; they are
        not shown again.
      </p>
      <ul>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
