import { saidCookie } from "./said.ts";

/** The answer to a form: the browser goes on to `location`, so that reloading there sends nothing twice. */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

/** The same after the form of a page, which is said there: `Saved.` */
export function doneAt(
  location: string,
  { c, base }: { c: { req: { path: string } }; base: string },
): Response {
  const answer = seeOther(location);
  const cookie = saidCookie(c.req.path, location, base);
  if (cookie !== null) answer.headers.append("set-cookie", cookie);
  return answer;
}
