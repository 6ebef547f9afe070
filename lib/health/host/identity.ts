import { lineOf } from "./number.ts";

/** What makers of boards write where they wrote nothing. */
const NO_NAME =
  /^(to be filled|default string|system (manufacturer|product)|not (applicable|specified)|none|unknown|o\.?e\.?m)/i;

/** Name of the host: a device tree's `model`, else what the board's maker says (DMI). */
export function modelOf(
  deviceTree: string | null,
  vendor: string | null,
  product: string | null,
): string | null {
  const board = lineOf(deviceTree);
  if (board !== null) return board;
  const names = [lineOf(vendor), lineOf(product)].filter((name) =>
    name !== null && !NO_NAME.test(name)
  );
  return names.length === 0 ? null : names.join(" ");
}

/** `PRETTY_NAME` of `/etc/os-release` (os-release(5)). */
export function systemOf(text: string): string | null {
  const [, quoted, plain] = /^PRETTY_NAME=(?:"((?:[^"\\]|\\.)*)"|'?([^'"\n]*)'?)$/m.exec(text) ??
    [];
  return lineOf(quoted?.replace(/\\(.)/g, "$1") ?? plain ?? null);
}

/** A random number that each boot has for itself. */
export function bootIdOf(text: string): string | null {
  const id = text.trim();
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : null;
}
