/** The report of an analysis as it is mailed. Pure. */
import type { Look, Report, ReportItem } from "../notify/report.ts";
import { dateTime } from "../words/times.ts";
import type { Analysis, Overall } from "./analysis.ts";
import { plainText } from "./plain_text.ts";
import { RULES } from "./rules.ts";
import { count } from "./words.ts";

const LOOKS: Record<Overall, Look> = {
  Good: "good",
  Fair: "info",
  Poor: "warning",
  Critical: "critical",
};

const WORDS_MOST = 1_000;

export function reportOf(analysis: Analysis, zone: string): Report {
  const { overall, author, tMs, issues, recommendations, insights, summary, instead } = analysis;
  // Names of devices are nobody's words either: no links, whoever wrote them.
  const text = (words: string) => plainText(words, WORDS_MOST);
  const quoted = author === RULES ? null : `the model ${author}`;
  const line = (words: string): ReportItem => ({ mark: null, title: null, lines: [text(words)] });
  const sections = [
    { heading: "Summary", items: [line(summary)] },
    {
      heading: "Issues",
      items: issues.map((issue) => ({
        mark: { text: issue.severity, look: issue.severity },
        title: text(issue.title),
        lines: [
          text(issue.evidence),
          `Probable cause: ${text(issue.cause)}`,
          `What to do: ${text(issue.recommendation)}`,
        ],
      })),
    },
    { heading: "Recommendations", items: recommendations.map(line) },
    { heading: "What may come", items: insights.map((one) => line(one.text)) },
  ];
  return {
    badge: overall,
    look: LOOKS[overall],
    title: `The plant is ${TITLES[overall]}${
      issues.length === 0 ? "" : `: ${count(issues.length, "issue")}`
    }`,
    facts: [
      { label: "Analysed", value: dateTime(tMs, zone) },
      { label: "By", value: quoted ?? "the rules of Perch" },
      ...(instead === null || author !== RULES ? [] : [{ label: "Model", value: text(instead) }]),
    ],
    sections: sections.filter(({ items }) => items.length > 0).map((one) => ({ ...one, quoted })),
  };
}

const TITLES: Record<Overall, string> = {
  Good: "in good state",
  Fair: "in fair state",
  Poor: "in poor state",
  Critical: "in a critical state",
};
