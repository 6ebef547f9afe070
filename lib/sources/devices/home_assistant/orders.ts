import type { OrderValue } from "../../../machines/order.ts";
import type { OwnMessage } from "../../source.ts";
import type { Ordering } from "./plan.ts";
import { readTemplate } from "./template/template.ts";
import type { Value } from "./template/values.ts";

/**
 * The message by which a discovered entity is given an order. Never retained, whatever its configuration asks for.
 * @throws Error when its template gives nothing
 */
export function orderMessage(to: Readonly<Record<string, unknown>>, order: OrderValue): OwnMessage {
  const { topic, template, on = "ON", off = "OFF", qos } = to as unknown as Ordering;
  const value = typeof order === "boolean" ? order ? on : off : order;
  const payload = template === undefined ? String(value) : made(template, value);
  return { topic, payload, qos, retain: false };
}

function made(template: string, value: Value): string {
  const rendered = readTemplate(template).render((name) => name === "value" ? value : undefined);
  if ("text" in rendered) return rendered.text;
  throw new Error(`the template of its orders cannot be used: ${rendered.failed}`);
}
