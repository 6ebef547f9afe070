import type { FeedFault } from "../fault.ts";

/** What ffmpeg says, and what it means to people; the first that fits. */
const WORDS: readonly { says: RegExp; fault: FeedFault; why: string }[] = [
  {
    says: /exceeds specified max pixel count|Picture size \d+x\d+ is invalid/,
    fault: "no_picture",
    why: "The camera's pictures have more than 40 million pixels: set a smaller picture there.",
  },
  {
    says: /Unrecognized option|Option [\w:]+ not found|Unknown input format|No such filter/,
    fault: "program",
    why: "This ffmpeg lacks what Perch needs: install the one of the distribution " +
      "(sudo apt install ffmpeg), then restart Perch.",
  },
  {
    says: /No such file or directory|No such device|Cannot open video device/,
    fault: "missing",
    why: "The device or file is not there (any more): is it plugged in, and is its name right?",
  },
  {
    says: /Device or resource busy/,
    fault: "unreachable",
    why: "Another program has the device: end it, or take its pictures from there.",
  },
  {
    says: /Permission denied|Operation not permitted/,
    fault: "missing",
    why: "Perch may not open it: for a device, add Perch's user to the group video " +
      "(sudo usermod -aG video perch) and restart Perch.",
  },
  {
    says: /not on whitelist/,
    fault: "no_picture",
    why: "It is no film, or refers to another address or file, which Perch does not follow.",
  },
  {
    says: /401 Unauthorized|403 Forbidden/,
    fault: "sign_in",
    why: "The camera refuses user name or password: correct them.",
  },
  {
    says: /404 Not Found|method \w+ failed|Server returned 4/,
    fault: "no_picture",
    why: "The camera answers, but has no pictures under this path: correct the path.",
  },
  {
    says: /timed out|refused|unreachable|Input\/output error|I\/O error|reset by peer/i,
    fault: "unreachable",
    why: "The camera does not answer (any more).",
  },
  {
    says: /dimensions not set|unspecified size/,
    fault: "no_picture",
    why: "What comes is no picture that ffmpeg can read, or one of more than 40 million pixels: " +
      "set a smaller picture at the camera.",
  },
  {
    says: /Invalid data found|codec parameters|does not contain any stream|matches no streams/,
    fault: "no_picture",
    why: "What comes is no video that ffmpeg can read.",
  },
];

/** Why ffmpeg gave no pictures, from its last lines; null: they do not say. */
export function whyOf(lines: readonly string[]): { fault: FeedFault; why: string } | null {
  const found = WORDS.find(({ says }) => lines.some((line) => says.test(line)));
  return found === undefined ? null : { fault: found.fault, why: found.why };
}
