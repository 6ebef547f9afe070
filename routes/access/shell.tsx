import type { ComponentChildren, VNode } from "preact";
import { render } from "preact-render-to-string";

/** A page outside the application's frame: sign-in, setup, invitation. No script needed. */
export function shellPage(title: string, content: VNode, status = 200): Response {
  const html = "<!doctype html>" + render(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Perch`}</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/static/perch.css" />
      </head>
      <body class="door">
        <main>
          <p class="brand">Perch</p>
          <h1>{title}</h1>
          {content}
        </main>
      </body>
    </html>,
  );
  return new Response(html, {
    status,
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}

/** A labelled input with help below and its error beside it. */
export function Field(props: {
  name: string;
  label: string;
  type?: "text" | "email" | "password";
  value?: string;
  help?: string;
  error?: string;
  autocomplete?: string;
  required?: boolean;
  autofocus?: boolean;
  minLength?: number;
}): VNode {
  const { name, label, help, error, type } = props;
  const described = [help && `${name}-help`, error && `${name}-error`].filter(Boolean).join(" ");
  const attributes = {
    id: name,
    name,
    value: props.value,
    autocomplete: props.autocomplete,
    required: props.required ?? true,
    autofocus: props.autofocus,
    minLength: props.minLength,
    "aria-invalid": error ? "true" as const : undefined,
    "aria-describedby": described === "" ? undefined : described,
  };
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {type === "email"
        ? <input {...attributes} type="email" />
        : type === "password"
        ? <input {...attributes} type="password" />
        : <input {...attributes} type="text" />}
      {help && <p class="help" id={`${name}-help`}>{help}</p>}
      {error && <p class="error" id={`${name}-error`}>{error}</p>}
    </div>
  );
}

/** What is wrong with the form as a whole. */
export function FormError({ children }: { children?: ComponentChildren }): VNode | null {
  return children ? <p class="error" role="alert">{children}</p> : null;
}
