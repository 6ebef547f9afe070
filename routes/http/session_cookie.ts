/** Name of the session cookie. Over https the prefix keeps other hosts and plain http from setting it. */
export function sessionCookieName(secure: boolean): string {
  return secure ? "__Host-perch" : "perch";
}

/**
 * `Set-Cookie` for a session; without `secret` it is taken away. Lax, so that links in mails work; writes are
 * protected by the origin check.
 */
export function sessionCookie(secure: boolean, secret: string | null, maxAgeS = 0): string {
  const parts = [
    `${sessionCookieName(secure)}=${secret ?? ""}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Lax",
    `Max-Age=${secret === null ? 0 : Math.floor(maxAgeS)}`,
  ];
  if (secure) parts.push("Secure");
  return parts.join("; ");
}
