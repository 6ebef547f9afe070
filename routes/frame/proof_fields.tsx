/** What is asked again of who does something that is hard to take back. */
import type { VNode } from "preact";
import { Field } from "./form.tsx";

/** The password and, where it is on, the code of the second factor: fields `password` and `code`. */
export function ProofFields(
  { id, why, errors }: {
    /** Begins the ids of the inputs where a page has several such forms. */
    id?: string;
    /** Why the password is asked for. */
    why?: string;
    errors: Record<string, string>;
  },
): VNode {
  return (
    <>
      <Field
        id={id && `${id}-password`}
        name="password"
        type="password"
        label="Your password"
        help={why}
        error={errors.password}
        autocomplete="current-password"
      />
      <Field
        id={id && `${id}-code`}
        name="code"
        label="Code of your second factor"
        help="When it is on."
        error={errors.code}
        autocomplete="one-time-code"
        required={false}
      />
    </>
  );
}
