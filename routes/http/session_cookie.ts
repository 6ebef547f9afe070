/** Where a browser comes to this Perch. */
export interface CookiePlace {
  /** By https. */
  secure: boolean;
  /** The path below which Perch stands, `""` at the root: another program there gets no cookie of ours. */
  base: string;
}

/**
 * Name of the session cookie. Over https the prefix keeps plain http from setting it, and at the root other
 * hosts too.
 */
export function sessionCookieName({ secure, base }: CookiePlace): string {
  if (!secure) return "perch";
  return base === "" ? "__Host-perch" : "__Secure-perch";
}

/**
 * `Set-Cookie` for a session; without `secret` it is taken away. Lax, so that links in mails work; writes are
 * protected by the origin check.
 */
export function sessionCookie(place: CookiePlace, secret: string | null, maxAgeS = 0): string {
  const parts = [
    `${sessionCookieName(place)}=${secret ?? ""}`,
    `Path=${place.base}/`,
    "HttpOnly",
    "SameSite=Lax",
    `Max-Age=${secret === null ? 0 : Math.floor(maxAgeS)}`,
  ];
  if (place.secure) parts.push("Secure");
  return parts.join("; ");
}

/** Which of the browsers that show notices this is: kept beyond the sign-in, so that another person's ends it. */
export const NOTICES_COOKIE = "perch_notices";

/** `Set-Cookie` for that, as long as browsers keep one. */
export function noticesCookie({ secure, base }: CookiePlace, id: string): string {
  const text = `${NOTICES_COOKIE}=${id}; Path=${base}/; HttpOnly; SameSite=Lax; Max-Age=${
    400 * 86_400
  }`;
  return secure ? `${text}; Secure` : text;
}

/** `Set-Cookie` for what a browser chose for itself, such as its colours; kept for a year. */
export function choiceCookie({ secure, base }: CookiePlace, name: string, value: string): string {
  const text = `${name}=${value}; Path=${base}/; Max-Age=31536000; SameSite=Lax`;
  return secure ? `${text}; Secure` : text;
}
