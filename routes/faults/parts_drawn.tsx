/** What the list and the page of a fault draw alike. */
import type { VNode } from "preact";
import { PAUSED_TYPE } from "../../lib/faults/decide.ts";
import type { Fault } from "../../lib/faults/fault.ts";
import type { FaultSeverity } from "../../lib/words/fault.ts";
import { scriptHref } from "../frame/links.ts";
import { Post } from "../frame/parts.tsx";

export const PAGE = "/faults";
export const faultHref = (id: number) => `${PAGE}/${id}`;

const MARKS: Record<FaultSeverity, { mark: string; tone: string }> = {
  critical: { mark: "■", tone: "critical" },
  high: { mark: "▲", tone: "critical" },
  medium: { mark: "▲", tone: "warning" },
  low: { mark: "●", tone: "info" },
};

export function SeverityWord({ severity }: { severity: FaultSeverity }): VNode {
  const { mark, tone } = MARKS[severity];
  return (
    <span class={`status ${tone}`}>
      <span class="mark" aria-hidden="true">{mark}</span>
      {severity}
    </span>
  );
}

/** `codecs/pump.js:4:12`, as a link where the script can be edited. */
export function Place({ fault }: { fault: Fault }): VNode | null {
  const { file, line, column, component } = fault;
  if (file === null) return null;
  const text = [file, line, column].filter((part) => part !== null).join(":");
  const href = scriptHref(component);
  return href === null ? <code>{text}</code> : <a href={href}>{text}</a>;
}

/** One button; back to the page that it stands on. */
export function Resume({ component, back }: { component: string; back: string }): VNode {
  return (
    <Post
      action={`${PAGE}/resume`}
      fields={{ component, back }}
      label={`Resume ${component}`}
      look="small"
    >
      Resume
    </Post>
  );
}

/** It is held by this fault, and can be resumed. */
export const holds = (fault: Fault) => fault.paused && fault.state !== "over";
export const isByPerson = (fault: Fault) => fault.type === PAUSED_TYPE;
