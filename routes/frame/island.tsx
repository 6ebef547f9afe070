import type { ComponentType, VNode } from "preact";

/**
 * A component that lives on in the browser: rendered here, hydrated by `islands/island.ts` with the same
 * properties. They stand beside it as JSON; `<` is escaped so that no text can end the script element.
 */
export function Island<P extends object>(
  { name, component: Component, props }: { name: string; component: ComponentType<P>; props: P },
): VNode {
  const json = JSON.stringify(props).replaceAll("<", "\\u003c");
  return (
    <>
      <div class="island" data-island={name}>
        <Component {...props} />
      </div>
      {json !== "{}" && (
        <script type="application/json" dangerouslySetInnerHTML={{ __html: json }} />
      )}
    </>
  );
}
