/** The message of a target that a person set up: a topic and a payload. Pure. */
import type { OrderSpec, OrderValue } from "../machines/order.ts";
import type { OrderMessage } from "./announced.ts";
import { type MqttWay, mqttWayShape } from "./target.ts";

/** Null when what is stored of its way is none. */
export function mqttMessage(spec: OrderSpec, value: OrderValue): OrderMessage | null {
  const read = mqttWayShape.safeParse(spec.way.to);
  if (!read.success) return null;
  const { topic, payload, qos } = read.data;
  const text = wordOf(spec.kind, read.data, value);
  const inQuotes = JSON.stringify(text).slice(1, -1);
  const filled = isJson(payload)
    ? payload.replaceAll('"{value}"', () => `"${inQuotes}"`).replaceAll("{value}", () => text)
    : payload.replaceAll("{value}", () => text);
  return { topic, payload: filled, qos };
}

function wordOf(kind: OrderSpec["kind"], { on, off }: MqttWay, value: OrderValue): string {
  if (kind === "switch") return value === true ? on : off;
  return kind === "button" ? "PRESS" : String(value);
}

const isJson = (payload: string) => /^\s*[{[]/.test(payload) && payload.trim() !== "{value}";
