import { setSecurityHeaders } from "../http/headers.ts";
import type { Shell } from "../frame/shell.tsx";

const AGAIN_S = 2;

/** What a person is shown when a node has no answer for them, as another is just taking over; `reads`: not to a form. */
export function awayPage(shell: Shell, reads: boolean, pathname: string): Response {
  const answer = reads
    ? shell("Perch is back in a moment", <p>This page tries again by itself.</p>, 503)
    : shell(
      "This may not have been done",
      <p>Perch was restarted just then. Go back, reload the page, and look whether it was done.</p>,
      503,
    );
  answer.headers.set("retry-after", `${AGAIN_S}`);
  if (reads) answer.headers.set("refresh", `${AGAIN_S}`);
  setSecurityHeaders(answer.headers, pathname);
  return answer;
}
