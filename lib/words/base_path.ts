/**
 * Addresses of a Perch that stands below a path of its host (`PERCH_PUBLIC_URL=https://plant.example/monitor`).
 * `base` is that path without a slash at its end, `""` at the root. Pure.
 */

/** The path of `pathname` within Perch; a proxy may have taken `base` off already. */
export function withoutBase(pathname: string, base: string): string {
  if (base === "") return pathname;
  if (pathname === base) return "/";
  return pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
}

/** A path of Perch as a browser asks for it; what is no path, or stands below `base` already, stays. */
export function withBase(address: string, base: string): string {
  if (base === "" || !/^\/(?!\/)/.test(address)) return address;
  return address === base || address.startsWith(`${base}/`) ? address : base + address;
}
