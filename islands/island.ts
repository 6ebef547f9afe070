import { type ComponentType, h, hydrate, options, render } from "preact";
import { useEffect } from "preact/hooks";
import { at, base } from "./own.ts";

const ADDRESSES = ["href", "src", "action", "poster"];

/** What islands draw leads below the path of this Perch, as what the server drew does. */
function drawBelow(): void {
  const before = options.vnode;
  options.vnode = (vnode) => {
    if (typeof vnode.type === "string") {
      const props = vnode.props as Record<string, unknown>;
      for (const name of ADDRESSES) {
        const address = props[name];
        if (typeof address === "string") props[name] = at(address);
      }
    }
    before?.(vnode);
  };
}
if (base !== "") drawBelow();

/**
 * Brings the islands of a page to life: every element that the server rendered with
 * `<Island name=… component=… props=…>` (routes/frame/island.tsx) is hydrated with the same component
 * and the same properties.
 */
export function bringToLife(components: Record<string, ComponentType<never>>): void {
  Object.assign(known, components);
  hydrateIn(document, components);
}

/**
 * Runs it once every script of the page was run and the effects of its islands too: they listen then. What the
 * stream brought before would be heard by nobody.
 */
export function whenAlive(run: () => void): void {
  // Effects run in the order in which their components were drawn.
  const Last = () => (useEffect(run, []), null);
  const draw = () => render(h(Last, {}), document.createElement("div"));
  // Scripts of modules are run before this event, and this is called by one of them.
  document.addEventListener("DOMContentLoaded", draw, { once: true });
}

/** The same as `bringToLife` in a part of the page that came later. */
export function enliven(part: ParentNode): void {
  hydrateIn(part, known);
}

/** Ends the islands of a part of the page that goes. */
export function retire(part: ParentNode): void {
  for (const element of part.querySelectorAll("[data-island]")) render(null, element);
}

/** All islands of this page's scripts. */
const known: Record<string, ComponentType<never>> = {};

function hydrateIn(part: ParentNode, components: Record<string, ComponentType<never>>): void {
  for (const [name, component] of Object.entries(components)) {
    for (const element of part.querySelectorAll(`[data-island="${name}"]`)) {
      const data = element.nextElementSibling;
      const props = data?.matches("script[type='application/json']")
        ? JSON.parse(data.textContent!)
        : {};
      hydrate(h(component as ComponentType<Record<string, unknown>>, props), element);
    }
  }
}
