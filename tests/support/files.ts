/** Files and names of files as attackers send them. */
import { HOSTILE_TEXTS } from "./hostile_text.ts";
import { picture } from "./pictures.ts";

const utf8 = new TextEncoder();

/** Bytes one after the other; strings as UTF-8. */
export function joined(...parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const all = parts.map((part) => typeof part === "string" ? utf8.encode(part) : part);
  const out = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const PATHS = [
  "../../../../etc/passwd",
  "..\\..\\..\\windows\\system32\\x.dll",
  "/etc/cron.d/x",
  "C:\\x.png",
  "\\\\host\\share\\x.png",
  "file:///etc/passwd",
  "....//....//x.png",
  "%2e%2e%2f%2e%2e%2fx.png",
  "..%c0%af..%c0%afx.png",
  "x/../../y.png",
  "./x.png",
  ".",
  "..",
  "...",
  "",
  " ",
  "/",
  "\\",
  "~root/x",
  ".htaccess",
  ".ssh/authorized_keys",
  "perch.db",
  "perch.db-wal",
  "jwt.key",
];
const LIES = [
  "x.html",
  "x.svg",
  "x.php",
  "x.js",
  "x.exe",
  "x.bat",
  "x.png.html",
  "x.html.png",
  "x.PnG",
  "x.png ",
  "x.png.",
  "x.png::$DATA",
  "x.png;.html",
  "x.png\u0000.html",
  "x.html\u0000.png",
  "x\u202egnp.exe",
  "x.ht\u200bml",
  "x.png\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>",
  'x.png"; filename="x.html',
  'x.png"\r\nSet-Cookie: a=b',
  "x.png\nX-Evil: 1",
  "x.png%0d%0aX-Evil:1",
  "=?utf-8?B?PHNjcmlwdD4=?=",
  "utf-8''x%2ehtml",
  "CON",
  "con.png",
  "NUL.txt",
  "aux.html",
  "COM1",
  "lpt9.png",
  "desktop.ini",
  "autorun.inf",
  "-rf",
  "--help",
  "$(reboot).png",
  "`reboot`.png",
  "|reboot",
  ";reboot",
  "*",
  "?",
  "x:y",
  "<x>",
  "\u{1f600}".repeat(300),
  "x".repeat(5000) + ".png",
  "\ud800\udc00\ud800.png",
  "\ufeffx.png",
  "\u0301".repeat(200),
  "a\u0007\u001b[31mb.png",
  "ﬁle.png",
  "Ω≈ç√.pdf",
];

/** 200 names. */
export const HOSTILE_NAMES: readonly string[] = [
  ...PATHS,
  ...LIES,
  ...HOSTILE_TEXTS,
  ...HOSTILE_TEXTS.map((text) => `${text}.png`),
  ...PATHS.map((path) => `${path}.png`),
].slice(0, 200);

export interface Lie {
  what: string;
  name: string;
  /** What the sender says it is. */
  declared: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** What it is taken as; null: refused. */
  taken: string | null;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const HTML = "<!doctype html><html><body><script>alert(1)</script></body></html>";
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>';
const ZEROS = new Uint8Array(64);

/** Files that are something else than they say. */
export const TYPE_LIES: readonly Lie[] = [
  lie("a page", "x.png", "image/png", joined(HTML), "text/plain"),
  lie(
    "a page in a picture's name",
    "x.jpg",
    "image/jpeg",
    joined("<html>", HTML),
    "text/plain",
  ),
  lie("svg", "x.png", "image/png", joined(SVG), "text/plain"),
  lie("svg as svg", "x.svg", "image/svg+xml", joined(SVG), "text/plain"),
  lie(
    "xml with svg",
    "x.gif",
    "image/gif",
    joined('<?xml version="1.0"?>', SVG),
    "text/plain",
  ),
  lie("script", "x.png", "image/png", joined("alert(1)"), "text/plain"),
  lie("module", "x.mjs", "text/javascript", joined("import 'x'"), "text/plain"),
  lie("php", "x.png", "image/png", joined("<?php system($_GET[0]);"), "text/plain"),
  lie("shell", "x.pdf", "application/pdf", joined("#!/bin/sh\nreboot\n"), "text/plain"),
  lie("css", "x.webp", "image/webp", joined("body{display:none}"), "text/plain"),
  lie("ELF", "x.png", "image/png", joined(bytes(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1), ZEROS), null),
  lie("PE", "x.png", "image/png", joined("MZ", bytes(0x90, 0, 3), ZEROS), null),
  lie("Mach-O", "x.png", "image/png", joined(bytes(0xcf, 0xfa, 0xed, 0xfe, 7), ZEROS), null),
  lie(
    "Java class",
    "x.png",
    "image/png",
    joined(bytes(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52), ZEROS),
    null,
  ),
  lie("zip", "x.png", "image/png", joined("PK", bytes(3, 4, 20, 0), ZEROS), null),
  lie("jar", "x.pdf", "application/pdf", joined("PK", bytes(3, 4, 10, 0), ZEROS), null),
  lie("empty zip", "x.txt", "text/plain", joined("PK", bytes(5, 6), new Uint8Array(18)), null),
  lie("gzip", "x.txt", "text/plain", joined(bytes(0x1f, 0x8b, 8, 0), ZEROS), null),
  lie("7z", "x.png", "image/png", joined("7z", bytes(0xbc, 0xaf, 0x27, 0x1c), ZEROS), null),
  lie("rar", "x.png", "image/png", joined("Rar!", bytes(0x1a, 7, 0), ZEROS), null),
  lie("bzip2", "x.txt", "text/plain", joined("BZh9", bytes(0x31, 0x41, 0x59, 0x26), ZEROS), null),
  lie("xz", "x.txt", "text/plain", joined(bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), ZEROS), null),
  lie("wasm", "x.png", "image/png", joined(bytes(0), "asm", bytes(1, 0, 0, 0), ZEROS), null),
  lie("flash", "x.png", "image/png", joined("CWS", bytes(9), ZEROS), null),
  lie("SQLite", "x.txt", "text/plain", joined("SQLite format 3", bytes(0), ZEROS), null),
  lie("BMP", "x.png", "image/png", joined("BM", bytes(70, 0, 0, 0), ZEROS), null),
  lie("TIFF", "x.jpg", "image/jpeg", joined("II*", bytes(0, 8, 0, 0, 0), ZEROS), null),
  lie("icon", "x.png", "image/png", joined(bytes(0, 0, 1, 0, 1, 0, 16, 16), ZEROS), null),
  lie(
    "Word",
    "x.pdf",
    "application/pdf",
    joined(bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1), ZEROS),
    null,
  ),
  lie("MP3", "x.png", "image/png", joined("ID3", bytes(3, 0, 0), ZEROS), null),
  lie("MP4", "x.png", "image/png", joined(bytes(0, 0, 0, 24), "ftypisom", ZEROS), null),
  lie("AVIF", "x.png", "image/png", joined(bytes(0, 0, 0, 24), "ftypavif", ZEROS), null),
  lie(
    "random bytes",
    "x.png",
    "image/png",
    joined(bytes(0x93, 0x07, 0xe1, 0x00, 0x55, 0xfe), ZEROS),
    null,
  ),
  lie("UTF-16", "x.txt", "text/plain", joined(bytes(0xff, 0xfe, 0x61, 0, 0x62, 0)), null),
  lie("Latin-1", "x.txt", "text/plain", joined("caf", bytes(0xe9), " ou th", bytes(0xe9)), null),
  lie("text with NUL", "x.txt", "text/plain", joined("abc", bytes(0), "def"), null),
  lie("nothing", "x.png", "image/png", joined(), null),
  lie("PNG's first bytes alone", "x.png", "image/png", picture("png").slice(0, 8), null),
  lie(
    "JPEG's first bytes and a page",
    "x.jpg",
    "image/jpeg",
    joined(bytes(0xff, 0xd8, 0xff, 0xe0), HTML),
    null,
  ),
  lie(
    "GIF's name and a page",
    "x.gif",
    "image/gif",
    joined("GIF89", HTML),
    "text/plain",
  ),
  lie("PNG that says to be a page", "x.html", "text/html", picture("png"), "image/png"),
  lie("GIF that says to be a script", "x.js", "text/javascript", picture("gif"), "image/gif"),
];

/** Files that are two things at once. */
export const POLYGLOTS: readonly Lie[] = [
  lie("PNG with a page behind", "x.html", "text/html", joined(picture("png"), HTML), "image/png"),
  lie("GIF with a page behind", "x.gif", "image/gif", joined(picture("gif"), HTML), "image/gif"),
  lie("JPEG with a page behind", "x.jpg", "image/jpeg", joined(picture("jpg"), HTML), "image/jpeg"),
  lie(
    "WebP with a page behind",
    "x.webp",
    "image/webp",
    joined(picture("webp"), HTML),
    "image/webp",
  ),
  lie(
    "GIF that is a script",
    "x.gif",
    "image/gif",
    joined("GIF89a/*", picture("gif").slice(8), "*/=1;alert(1)//"),
    "image/gif or refused",
  ),
  lie(
    "PNG with a zip behind",
    "x.png",
    "image/png",
    joined(picture("png"), "PK", bytes(3, 4), ZEROS),
    "image/png",
  ),
  lie("JPEG with a script in its comment", "x.jpg", "image/jpeg", commented(HTML), "image/jpeg"),
  lie(
    "PDF that runs",
    "x.pdf",
    "application/pdf",
    joined("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"),
    "application/pdf",
  ),
  lie(
    "page with a PDF within",
    "x.pdf",
    "application/pdf",
    joined(HTML, "\n%PDF-1.7\n"),
    "text/plain or refused",
  ),
];

function lie(
  what: string,
  name: string,
  declared: string,
  bytes: Uint8Array<ArrayBuffer>,
  taken: string | null,
): Lie {
  return { what, name, declared, bytes, taken };
}

function commented(text: string): Uint8Array<ArrayBuffer> {
  const jpeg = picture("jpg");
  const comment = utf8.encode(text);
  const length = comment.length + 2;
  return joined(
    jpeg.slice(0, 2),
    bytes(0xff, 0xfe, length >> 8, length & 255),
    comment,
    jpeg.slice(2),
  );
}
