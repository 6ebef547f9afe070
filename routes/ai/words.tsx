import type { VNode } from "preact";
import { SEVERITY_MARKS } from "../../lib/words/alarms.ts";
import type { Analysis, Issue, Overall } from "../../lib/ai/analysis.ts";
import { RULES } from "../../lib/ai/rules.ts";

const LOOKS: Record<Overall, string> = {
  Good: "good",
  Fair: "info",
  Poor: "warning",
  Critical: "critical",
};
const MARKS: Record<Overall, string> = { Good: "✓", Fair: "●", Poor: "▲", Critical: "■" };

/** How the plant is as a whole: colour, sign and word. */
export function Badge({ overall }: { overall: Overall }): VNode {
  return (
    <span class={`overall ${LOOKS[overall]}`}>
      <span aria-hidden="true">{MARKS[overall]}</span> {overall}
    </span>
  );
}

export function IssueSeverity({ severity }: Pick<Issue, "severity">): VNode {
  return (
    <span class={`alarm-severity ${severity}`}>
      <span aria-hidden="true">{SEVERITY_MARKS[severity]}</span> {severity}
    </span>
  );
}

/** Who wrote an analysis. */
export const authorWords = ({ author }: Pick<Analysis, "author">) =>
  author === RULES ? "the rules of Perch" : `the model ${author}`;

export const TRIGGER_WORDS: Record<Analysis["trigger"], string> = {
  asked: "made because somebody asked",
  monitoring: "made by monitoring",
  critical: "made because of a critical alarm",
};
