/**
 * Security headers of every response, errors and streams included (routes may set a stricter
 * Content-Security-Policy of their own, e.g. `sandbox` for attachments).
 *
 * No `unsafe-inline`: pages carry no `style="…"` attribute and no inline script; scripts may still set
 * `element.style.x`. `Referrer-Policy: same-origin` rather than `no-referrer`, because the latter makes
 * browsers send `Origin: null` with our own forms, which the origin check refuses.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const FIXED: readonly (readonly [string, string])[] = [
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  [
    "permissions-policy",
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()",
  ],
];

/**
 * Sets the headers on `headers`. Answers under `/api` are never cached; other answers only when their
 * route said so (static files).
 */
export function setSecurityHeaders(headers: Headers, path: string): void {
  for (const [name, value] of FIXED) headers.set(name, value);
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
  }
  const cache = headers.get("cache-control");
  if (cache === null) headers.set("cache-control", "no-store");
  else if (path.startsWith("/api/") && !cache.includes("no-store")) {
    headers.set(
      "cache-control",
      cache.includes("no-transform") ? "no-store, no-transform" : "no-store",
    );
  }
}
