import type { Context } from "hono";
import type { Identity } from "../../lib/access/identity.ts";
import { sentence } from "../../lib/words/sentence.ts";
import type { Problem } from "../http/problem.ts";
import type { BarePage } from "./bare.tsx";
import { Answer } from "./parts.tsx";

const HEADINGS: Partial<Record<Problem["code"], string>> = {
  not_found: "There is nothing here",
  forbidden: "You may not do this",
  rate_limited: "Too many requests",
  unavailable: "Perch is not available",
  storage_full: "The disk is full",
  internal: "Something went wrong in Perch",
};

/** A problem as a page: what happened, what is allowed, where to go on. */
export function createErrorPage(
  bare: BarePage,
): (problem: Problem, who: Identity | null, c: Context) => string {
  return (problem, who, c) =>
    bare(
      c,
      who,
      problem.title,
      <section class="empty">
        <Answer>{HEADINGS[problem.code] ?? problem.title}</Answer>
        <p>{sentence(problem.detail)}</p>
        {problem.errors.length > 0 && (
          <ul>
            {problem.errors.map((error) => (
              <li key={error.path}>
                <code>{error.path}</code>: {sentence(error.message)}
              </li>
            ))}
          </ul>
        )}
        <p>
          <a href="/">Go to the overview</a>
        </p>
      </section>,
    );
}
