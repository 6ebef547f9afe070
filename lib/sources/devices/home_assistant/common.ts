import type { AnnouncedEntity } from "../device.ts";
import type { Config } from "./abbreviations.ts";
import type { About } from "./about.ts";
import type { Reading } from "./plan.ts";

/** Where a configuration stands: `<prefix>/<component>/[<node>/]<object>/config`. */
export interface Place {
  component: string;
  /** `sensor/node/object`. */
  key: string;
  object: string;
}

/** What one kind of component makes of its configuration. */
export interface Made {
  /** Beside the name of the component; null: it is the component. */
  part: string | null;
  kind: AnnouncedEntity["kind"];
  read?: Reading;
  more?: Partial<AnnouncedEntity>;
}
export type Maker = (config: Config, about: About) => Made[] | { fault: string };

const TOPIC_BYTES_MOST = 1_024;

/** Whether something is a topic that can be asked for: no filter. */
export function isTopic(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= TOPIC_BYTES_MOST &&
    !/[+#]/.test(value) && !value.includes("\u0000");
}

/** The same for topics of states, where gateways write `+` for a level. */
export function isTopicOrFilter(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const levels = value.split("/");
  if (levels.at(-1) === "#") levels.pop();
  const names = levels.filter((level) => level !== "+");
  // Everything of everybody is no state of one device.
  return names.length > 0 && isTopic(value.replace(/(^|\/)(?:\+(?=\/|$)|#$)/g, "$1_"));
}

/** The payload as it is. */
const AS_IT_IS = /^\s*(?:\{\{-?\s*value\s*-?\}\}\s*)?$/;

/** A template that says something. */
export function templateOf(value: unknown): string | undefined {
  return typeof value === "string" && !AS_IT_IS.test(value) ? value : undefined;
}

/** A payload as Home Assistant compares it: `true` of JSON is "True". */
export function payloadText(value: unknown): string | undefined {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" ? value : undefined;
}
