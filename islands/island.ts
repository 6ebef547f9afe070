import { type ComponentType, h, hydrate } from "preact";

/**
 * Brings the islands of a page to life: every element that the server rendered with
 * `<Island name=… component=… props=…>` (routes/frame/island.tsx) is hydrated with the same component
 * and the same properties.
 */
export function bringToLife(components: Record<string, ComponentType<never>>): void {
  for (const [name, component] of Object.entries(components)) {
    for (const element of document.querySelectorAll(`[data-island="${name}"]`)) {
      const data = element.nextElementSibling;
      const props = data?.matches("script[type='application/json']")
        ? JSON.parse(data.textContent!)
        : {};
      hydrate(h(component as ComponentType<Record<string, unknown>>, props), element);
    }
  }
}
