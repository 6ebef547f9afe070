import type { Context } from "hono";
import { localPath } from "../http/form.ts";
import type { TypedForm } from "../http/unauthenticated.ts";
import type { BarePage } from "./bare.tsx";
import { Field, FileField } from "./form.tsx";
import { Answer } from "./parts.tsx";

// What must be typed again rather than travel back in a page.
const SECRET = /password|code|ticket/;

/**
 * What a person gets who sends a form after the sign-in ended: a way to sign in beside this page, and the same
 * form again with all that was typed. Nothing is lost, and no script is needed.
 */
export function createExpiredPage(
  bare: BarePage,
): (form: TypedForm, c: Context) => string {
  return ({ path, fields, fileField }, c) =>
    bare(
      c,
      null,
      "Sign in again",
      <section class="empty">
        <Answer>Your sign-in has ended</Answer>
        <p>
          Nothing was saved yet, and what you typed is kept here.{" "}
          <a href="/sign-in" target="_blank" rel="noopener">Sign in in another tab</a>, then send it
          again.
        </p>
        {fileField !== null && (
          <p>
            The file was not kept, as nobody was signed in: choose it once more, or go back in your
            browser, where it still is.
          </p>
        )}
        <form
          method="post"
          action={localPath(path)}
          encType={fileField === null ? undefined : "multipart/form-data"}
        >
          {fields.map(([name, value], n) =>
            SECRET.test(name)
              ? (
                <Field
                  key={n}
                  name={name}
                  id={`again-${n}`}
                  label={name.replaceAll("_", " ")}
                  type="password"
                />
              )
              : <input key={n} type="hidden" name={name} value={value} />
          )}
          {fileField !== null && (
            <FileField name={fileField} label="File" accept={[]} required={false} />
          )}
          <button type="submit" class="primary">Send again</button>
        </form>
      </section>,
    );
}
