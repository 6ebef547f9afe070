import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { onReset, onTicket } from "./live.ts";

/** Says that tickets (or the one that is shown) changed since the page was drawn; nothing moves by itself. */
export function TicketNews({ id }: { id: string | null }): VNode {
  const changed = useSignal<readonly string[]>([]);
  const missed = useSignal(false);
  useEffect(() => {
    const offs = [
      onTicket((ticket) => {
        if (id !== null && ticket.id !== id || changed.value.includes(ticket.id)) return;
        changed.value = [...changed.value, ticket.id];
      }),
      onReset(() => void (missed.value = true)),
    ];
    return () => offs.forEach((off) => off());
  }, []);
  const n = changed.value.length;
  return (
    <p role="status" class={n === 0 && !missed.value ? "hidden" : "muted news"}>
      {(n > 0 || missed.value) && (
        <>
          {missed.value
            ? "Something may have changed while Perch was not reached. "
            : id !== null
            ? "Something was changed or written meanwhile. "
            : n === 1
            ? "One ticket changed. "
            : `${n} tickets changed. `}
          <a href="">Show</a>
        </>
      )}
    </p>
  );
}
