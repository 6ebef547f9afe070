/** The answer to a form: the browser goes on to `location`, so that reloading there sends nothing twice. */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}
