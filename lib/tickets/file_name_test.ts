import assert from "node:assert/strict";
import { cleanFileName, disposition } from "./file_name.ts";

Deno.test("cleanFileName keeps a plain name, and makes it tell its type", () => {
  const table: [string, string, string][] = [
    ["Bearing 3.JPG", "image/jpeg", "Bearing 3.jpg"],
    ["Lager größer.png", "image/png", "Lager größer.png"],
    ["log.csv", "text/plain", "log.csv"],
    ["photo.html", "image/png", "photo.html.png"],
    ["run.bat", "text/plain", "run.bat.txt"],
    ["invoice.pdf.exe", "application/pdf", "invoice.pdf.exe.pdf"],
    ["../../etc/passwd", "text/plain", "passwd.txt"],
    ["C:\\Users\\ada\\x.png", "image/png", "x.png"],
    [".htaccess", "text/plain", "htaccess.txt"],
    ["..", "image/png", "file.png"],
    ["", "application/pdf", "file.pdf"],
    [".png", "image/png", "png.png"],
    ["CON.txt", "text/plain", "_CON.txt"],
    ["a\u202egpj.exe", "image/jpeg", "agpj.exe.jpg"],
    ["a\u0000b\r\nSet-Cookie: x.png", "image/png", "abSet-Cookie x.png"],
    ['q"uote<b>|?*.png', "image/png", "quoteb.png"],
    ["\ud800.png", "image/png", "\ufffd.png"],
    ["x.png. ", "image/png", "x.png"],
  ];
  for (const [given, type, expected] of table) {
    assert.equal(cleanFileName(given, type), expected, JSON.stringify(given));
  }
  const long = cleanFileName("\u{1f600}".repeat(500) + ".jpeg", "image/jpeg");
  assert.ok([...long].length <= 120 && long.endsWith(".jpeg"), long);
});

Deno.test("disposition quotes every name so that nothing leaves the header's value", () => {
  assert.equal(
    disposition("attachment", `a"b\\c%d'(ü).png`),
    `attachment; filename="a_b_c_d'(_).png"; filename*=UTF-8''a%22b%5Cc%25d%27%28%C3%BC%29.png`,
  );
});
