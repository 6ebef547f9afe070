import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { onDelivery } from "./live.ts";

/** Says that deliveries moved since the page was drawn, rather than moving what is read. */
export function DeliveryNews(): VNode {
  const moved = useSignal(0);
  useEffect(() => onDelivery(() => void moved.value++), []);
  const n = moved.value;
  return (
    <p role="status" class={n === 0 ? "hidden" : "muted"}>
      {n > 0 && (
        <>
          {n === 1 ? "One delivery moved. " : `${n} deliveries moved. `}
          <a href="">Show</a>
        </>
      )}
    </p>
  );
}
