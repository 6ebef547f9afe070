/** How a computed sensor is made, in one line. */
import type { ComputedView } from "../../lib/computed/computed.ts";
import { WAYS } from "../../lib/computed/spec.ts";

/** `oven/temp − hall/temp`, `mean of a, b`; names of inputs as `named` gives them. */
export function computedText(view: ComputedView): string {
  const names = view.inputs.map((input, i) => input?.name ?? `(${view.spec.inputs[i].name}: gone)`);
  switch (view.spec.how) {
    case "difference":
      return names.join(" − ");
    case "sum":
      return names.join(" + ");
    case "expression":
      return view.spec.expression ?? "";
    default:
      return `${WAYS[view.spec.how]} of ${names.join(", ")}`;
  }
}

/** How it is going: a fault, its history under way, or that all is well. */
export function computedState({ fault, progress }: ComputedView): string {
  if (fault !== null) return `gives no value: ${fault}`;
  if (progress !== null) return `history ${Math.floor(progress * 100)} % computed`;
  return "up to date";
}
