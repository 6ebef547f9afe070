import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { COMMAND_WORDS, orderText } from "../lib/words/commands.ts";
import { ago, dateTime } from "../lib/words/times.ts";
import { type CommandEvent, latestOf, now, onCommand, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

export interface OrderNowProps {
  /** Id of what is told. */
  target: string;
  kind: "switch" | "number" | "select" | "button";
  unit: string | null;
  /** Full name of the sensor that shows its state. */
  sensor: string | null;
  value: number | string | boolean | null;
  /** The last order; null: none since the start. */
  latest: Omit<CommandEvent, "target"> | null;
  nowMs: number;
  zone: string;
}

/** What a device shows now, and what became of the last order; both change in place. */
export function OrderNow(props: OrderNowProps): VNode {
  const isServer = typeof document === "undefined";
  const latest = useSignal(props.latest);
  useEffect(() => {
    // The end of an order does not hide the one that followed.
    const show = (order: Omit<CommandEvent, "target">) => {
      const known = latest.value;
      if (known === null || known.id === order.id || known.t_ms <= order.t_ms) latest.value = order;
    };
    const query = new URLSearchParams({ target: props.target, limit: "1" });
    const offs = [
      onCommand((event) => void (event.target === props.target && show(event))),
      onReset(async () => {
        const answer = await fetchOwn(`/api/commands?${query}`).catch(() => null);
        const order = answer?.ok ? (await answer.json()).items[0] : undefined;
        // One that is long over is not shown where none was.
        if (order !== undefined && (latest.value !== null || order.t_ms >= props.nowMs)) {
          show(order);
        }
      }),
    ];
    return () => offs.forEach((off) => off());
  }, []);
  const reading = isServer || props.sensor === null ? null : latestOf(props.sensor).value;
  const value = reading === null
    ? props.value
    : typeof props.value === "boolean"
    ? reading.value === 1
    : reading.value;
  const atMs = isServer ? props.nowMs : Math.max(now.value, props.nowMs);
  const order = latest.value;
  return (
    <>
      <p class="muted">{nowText(props, value)}</p>
      <p class="muted" role="status">
        {order !== null && (
          <>
            {`Last order, ${orderText(props, order.value, props.unit)}: `}
            <span class={order.state === "sent" || order.state === "confirmed" ? "" : "warning"}>
              {COMMAND_WORDS[order.state]}
            </span>
            {", "}
            <time
              dateTime={new Date(order.t_ms).toISOString()}
              title={dateTime(order.t_ms, props.zone)}
            >
              {ago(Math.max(0, atMs - order.t_ms))}
            </time>
            {order.reason !== null && ` (${order.reason})`}
          </>
        )}
      </p>
    </>
  );
}

function nowText({ kind, unit, sensor }: OrderNowProps, value: OrderNowProps["value"]): string {
  if (kind === "button") return "";
  if (value === null) return sensor === null ? "It reports no state." : "Its state is not known.";
  return `Now ${orderText({ kind: kind === "switch" ? "switch" : "number" }, value, unit)}`;
}
