/** Names that senders give their files: shown as text, and offered when a file is downloaded. Pure. */
import { extname } from "node:path";

const MOST = 120;
/** Extensions that say the truth about a type; the first is added where a name lies. */
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  "image/png": [".png"],
  "image/jpeg": [".jpg", ".jpeg"],
  "image/webp": [".webp"],
  "image/gif": [".gif"],
  "application/pdf": [".pdf"],
  "text/plain": [".txt", ".csv", ".log", ".tsv", ".md", ".json"],
};
/** Control characters, marks that turn or hide what stands beside them, and what file systems refuse. */
const UNFIT =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"*:<>?|]/g;
/** Devices on Windows. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** The last part of what the sender called it, without anything unfit, its extension that of its type. */
export function cleanFileName(given: string, type: string): string {
  const last = given.toWellFormed().normalize("NFC").split(/[/\\]/).at(-1)!;
  const plain = last.replace(UNFIT, "").replace(/\s+/g, " ").replace(/^[.\s]+|[.\s]+$/g, "");
  const known = EXTENSIONS[type] ?? [".bin"];
  const extension = extname(plain).toLowerCase();
  const honest = known.includes(extension);
  const stem = honest ? plain.slice(0, plain.length - extension.length) : plain;
  const cut = [...stem].slice(0, MOST - extension.length).join("").replace(/[.\s]+$/, "");
  const safe = cut === "" ? "file" : RESERVED.test(cut) ? `_${cut}` : cut;
  return safe + (honest ? extension : known[0]);
}

/** `Content-Disposition` that makes a browser save the file (RFC 6266). */
export function disposition(kind: "attachment" | "inline", name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
