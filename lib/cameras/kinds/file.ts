import { join } from "node:path";
import { z } from "zod";
import { defineKind, plainFeed } from "./define.ts";
import { FeedError } from "./kind.ts";

/** What a film may be: none of these names other files or addresses, as playlists do. */
const FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mjpeg,h264,hevc";

const options = z.strictObject({
  file: z.string().trim().min(1).max(200)
    // deno-lint-ignore no-control-regex
    .regex(/^[^/\\:\u0000-\u001f][^\\:\u0000-\u001f]*$/, "a name below the folder of films")
    .refine((name) => !name.split("/").includes(".."), "a name below the folder of films")
    .meta({
      title: "File",
      description:
        "A film in the folder cameras/files of the data directory (MP4, MKV, AVI, MPEG), shown " +
        "again and again.",
    }),
});

/** A film that lies on this host, at its own speed, again and again. */
export const file = defineKind({
  kind: "file",
  title: "Film from a file",
  about: "Plays a film of this host again and again, to try detection of faults or to show Perch.",
  options,
  async open({ file }, { filesFolder }) {
    const path = await pathOf(filesFolder, file);
    return plainFeed({
      input: [
        ...["-protocol_whitelist", "file", "-format_whitelist", FORMATS],
        ...["-re", "-stream_loop", "-1", "-i", `file:${path}`],
      ],
      jpeg: false,
      twice: true,
    });
  },
});

/** Where it really lies, after all links. */
async function pathOf(folder: string, name: string): Promise<string> {
  try {
    const [root, path] = await Promise.all([
      Deno.realPath(folder),
      Deno.realPath(join(folder, name)),
    ]);
    const isInside = path.startsWith(`${root}/`);
    if (isInside && (await Deno.stat(path)).isFile) return path;
  } catch { /* it is not there */ }
  throw new FeedError("missing", `There is no film ${name} in ${folder}: put it there.`);
}
