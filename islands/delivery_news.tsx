import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { onDelivery, onReset } from "./live.ts";

/** Says that deliveries moved since the page was drawn, rather than moving what is read. */
export function DeliveryNews(): VNode {
  const moved = useSignal(0);
  const missed = useSignal(false);
  useEffect(() => {
    const offs = [
      onDelivery(() => void moved.value++),
      onReset(() => void (missed.value = true)),
    ];
    return () => offs.forEach((off) => off());
  }, []);
  const n = moved.value;
  return (
    <p role="status" class={n === 0 && !missed.value ? "hidden" : "muted"}>
      {(n > 0 || missed.value) && (
        <>
          {missed.value
            ? "Deliveries may have moved while Perch was not reached. "
            : n === 1
            ? "One delivery moved. "
            : `${n} deliveries moved. `}
          <a href="">Show</a>
        </>
      )}
    </p>
  );
}
