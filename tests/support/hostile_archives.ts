/** Archives as attackers make them: what is in each, and what the sentence says that refuses it. */
import { type Entry, manifestFor } from "./backup.ts";

const utf8 = new TextEncoder();
export const DATABASE = utf8.encode("not looked at here");
export const CODEC = utf8.encode("export default 2;");
/** What the manifest of an honest one names. */
export const FILES = { "perch.db": DATABASE, "codecs/a.js": CODEC };
export const file = (name: string, content: Uint8Array, header = {}): Entry => ({
  header: { name, ...header },
  content,
});
/** A manifest as an entry. */
export const listed = (
  files: Record<string, Uint8Array>,
  change: (json: Json) => void = () => {},
) => {
  const manifest = structuredClone(manifestFor(files)) as unknown as Json;
  change(manifest);
  return file("manifest.json", utf8.encode(JSON.stringify(manifest)));
};
// deno-lint-ignore no-explicit-any
type Json = any;

export const HOSTILE: Record<string, [entries: Entry[], says: RegExp]> = {
  "without a manifest": [[file("perch.db", DATABASE)], /begins with "perch.db" instead of/],
  "the manifest last": [
    [file("perch.db", DATABASE), file("codecs/a.js", CODEC), listed(FILES)],
    /begins with "perch.db"/,
  ],
  "the manifest as a link": [
    [file("manifest.json", new Uint8Array(), { type: "symlink", linkname: "/etc/passwd" })],
    /instead of manifest.json/,
  ],
  "a manifest over 8 MB": [
    [file("manifest.json", new Uint8Array(8 * 1024 * 1024 + 1))],
    /8388609 bytes, and 8388608 are allowed/,
  ],
  "a manifest that is no JSON": [[file("manifest.json", utf8.encode("{"))], /is no JSON/],
  "a manifest of a newer format": [
    [listed(FILES, (json) => Object.assign(json, { format: 2, perch: "3.1.4", files: 7 }))],
    /written by Perch 3\.1\.4 in format 2/,
  ],
  "a manifest without counts": [[listed(FILES, (json) => delete json.counts)], /at counts/],
  "a hash that is none": [
    [listed(FILES, (json) => json.files[0].sha256 = "../x")],
    /at files\.0\.sha256/,
  ],
  "a negative size": [[listed(FILES, (json) => json.files[0].bytes = -1)], /at files\.0\.bytes/],
  "no database": [[listed({ "codecs/a.js": CODEC })], /does not name perch\.db/],
  "another order": [
    [listed(FILES), file("codecs/a.js", CODEC), file("perch.db", DATABASE)],
    /"codecs\/a.js" comes before "perch.db"/,
  ],
  "a file too few": [[listed(FILES), file("perch.db", DATABASE)], /ends before its entry "codecs/],
  "a file too many": [
    [listed(FILES), file("perch.db", DATABASE), file("codecs/b.js", CODEC)],
    /"codecs\/b.js" is not in the manifest/,
  ],
  "a file twice": [
    [listed(FILES), file("perch.db", DATABASE), file("perch.db", DATABASE)],
    /"perch.db" is there twice/,
  ],
  "the manifest twice": [[listed(FILES), listed(FILES)], /there twice/],
  "another size": [
    [listed(FILES), file("perch.db", utf8.encode("short"))],
    /has 5 bytes, and 18 in the manifest/,
  ],
  "other content": [
    [listed(FILES), file("perch.db", utf8.encode("not looked at hexe"))],
    /"perch.db" is not what was packed/,
  ],
  "a symbolic link": [
    [listed(FILES), file("perch.db", new Uint8Array(), { type: "symlink", linkname: "/etc/x" })],
    /is a symlink, and only files are allowed/,
  ],
  "a hard link": [
    [listed(FILES), file("perch.db", new Uint8Array(), { type: "link", linkname: "../x" })],
    /is a link, and only files/,
  ],
  "a device": [
    [listed(FILES), file("perch.db", new Uint8Array(), { type: "character-device" })],
    /is a character-device/,
  ],
  "a pipe": [
    [listed(FILES), file("perch.db", new Uint8Array(), { type: "fifo" })],
    /is a fifo/,
  ],
  "a folder": [
    [listed(FILES), file("codecs/", new Uint8Array(), { type: "directory" })],
    /is a directory/,
  ],
  "keys in a plain archive": [
    [listed({ ...FILES, "jwt.key": CODEC })],
    /keys are in encrypted backups only/,
  ],
  "a file that is a folder as well": [
    [listed({ ...FILES, "codecs/a.js/b": CODEC })],
    /"codecs\/a.js" as a file and as a folder/,
  ],
  "a file twice in the manifest": [
    [listed(FILES, (json) => json.files.push(json.files[1]))],
    /"codecs\/a.js" twice/,
  ],
  "a long name by an extension": [
    [
      listed(FILES),
      file("perch.db", DATABASE, { pax: { path: "../../escaped" } }),
    ],
    /leads out of its folder/,
  ],
};
for (
  const [name, says] of [
    ["/etc/cron.d/perch", /has an absolute name/],
    ["../escaped", /leads out of its folder/],
    ["codecs/../../escaped", /leads out of its folder/],
    ["codecs/..", /leads out of its folder/],
    ["codecs\\a.js", /has a backslash/],
    ["codecs//a.js", /has an empty part/],
    ["./perch.db", /has an empty part/],
    ["codecs/a\nb", /has a control character/],
    ["codecs/" + "x".repeat(256), /has a name that is too long/],
    ["codecs", /does not belong to a plant/],
    ["perch.toml", /does not belong to a plant/],
    ["logs/perch.log", /does not belong to a plant/],
    ["backups/perch-x.tar.gz", /does not belong to a plant/],
  ] as const
) {
  HOSTILE[`${JSON.stringify(name).slice(0, 40)} in the manifest`] = [
    [listed({ ...FILES, [name]: CODEC })],
    says,
  ];
  HOSTILE[`an entry ${JSON.stringify(name).slice(0, 40)}`] = [
    [listed(FILES), file(name, CODEC)],
    says,
  ];
}
