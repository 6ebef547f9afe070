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
  /** Where the same name stands several times on a page. */
  id?: string;
}): VNode {
  const { name, label, help, error, type } = props;
  const id = props.id ?? name;
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ");
  const attributes = {
    id,
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
      <label for={id}>{label}</label>
      {type === "email"
        ? <input {...attributes} type="email" />
        : type === "password"
        ? <input {...attributes} type="password" />
        : <input {...attributes} type="text" />}
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      {error && <p class="error" id={`${id}-error`}>{error}</p>}
    </div>
  );
}

/** What is wrong with the form as a whole. */
export function FormError({ children }: { children?: ComponentChildren }): VNode | null {
  return children ? <p class="error" role="alert">{children}</p> : null;
}

/** A labelled choice. */
export function Select(
  { name, label, options, value, error, help, id = name }: {
    name: string;
    label: string;
    options: readonly (readonly [value: string, text: string])[];
    value?: string;
    error?: string;
    help?: string;
    /** Where the same name stands several times on a page. */
    id?: string;
  },
): VNode {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} aria-describedby={help && `${id}-help`}>
        {options.map(([option, text]) => (
          <option key={option} value={option} selected={option === value}>{text}</option>
        ))}
      </select>
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      {error && <p class="error">{error}</p>}
    </div>
  );
}
