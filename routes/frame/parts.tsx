import type { ComponentChildren, VNode } from "preact";
import { SeenField } from "./form.tsx";

/** The heading of a page that says in words how things stand. */
export function Answer({ children }: { children: ComponentChildren }): VNode {
  return <h1 class="answer" data-filtered="answer">{children}</h1>;
}

/** Where the page stands, as links to what is above it. */
export function Crumbs({ children }: { children: ComponentChildren }): VNode {
  return <p class="crumbs">{children}</p>;
}

/** Above a page that is opened from More. */
export function UnderMore(): VNode {
  return (
    <Crumbs>
      <a href="/more">More</a>
    </Crumbs>
  );
}

/** Filters to choose from: `Chip`s, and `Removable`s for what no chip offers. */
export function Chips({ label, children }: { label: string; children: ComponentChildren }): VNode {
  return <nav class="chips" aria-label={label}>{children}</nav>;
}

/** A filter that is on or off. */
export function Chip(
  { href, on, children }: { href: string; on: boolean; children: ComponentChildren },
): VNode {
  return (
    <a class="chip" href={href} aria-current={on ? "true" : undefined}>
      {children}
    </a>
  );
}

/** A filter that is on; `href` is the page without it. */
export function Removable(
  { href, children }: { href: string; children: ComponentChildren },
): VNode {
  return (
    <a class="chip" aria-current="true" href={href}>
      {children} <span aria-hidden="true">×</span>
      <span class="hidden">remove</span>
    </a>
  );
}

/** Facts about one thing, or with `figures` its numbers: a list of `Fact`s. */
export function Facts(
  { figures = false, children }: { figures?: boolean; children: ComponentChildren },
): VNode {
  return <dl class={figures ? "figures" : "facts"}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** In the place of a list that has nothing to show: why, and what to do. */
export function Empty({ children }: { children: ComponentChildren }): VNode {
  return <p class="empty">{children}</p>;
}

/** On top of a page: what was just done. */
export function Said({ children }: { children: ComponentChildren }): VNode {
  return (
    <p class="outcome" role="status">
      <span aria-hidden="true">✓</span> {children}
    </p>
  );
}

/** A link below a list or a page: to its next part, or to what belongs to it. */
export function More(
  { href, download, children }: { href: string; download?: boolean; children: ComponentChildren },
): VNode {
  return (
    <p class="more">
      <a href={href} download={download}>{children}</a>
    </p>
  );
}

/** A form that is one button. One with an `id` among its `fields` is read with `idForm` (`http/params.ts`). */
export function Post(
  { action, fields = {}, seen = false, look, label, about, inline = false, children }: {
    action: string;
    /** Sent with it, unseen. */
    fields?: Readonly<Record<string, string>>;
    /** Refused when somebody else changed the thing since the page was drawn (`SeenField`). */
    seen?: boolean;
    look?: "primary" | "small";
    /** For those who hear the page, where the button's words alone do not say what it is about. */
    label?: string;
    /** Before the button: what it does, or what it is about. */
    about?: VNode;
    /** The button stands in the line of what is before it. */
    inline?: boolean;
    children: ComponentChildren;
  },
): VNode {
  return (
    <form method="post" action={action} class={inline ? "act" : undefined}>
      {seen && <SeenField />}
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {about}
      <button type="submit" class={look} aria-label={label}>{children}</button>
    </form>
  );
}

/** A table in a region of its own that scrolls sideways, by keyboard too. */
export function Table({ label, children }: { label: string; children: ComponentChildren }): VNode {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>{children}</table>
    </div>
  );
}
