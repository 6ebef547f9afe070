import type { OutgoingStream } from "../../base/outgoing.ts";
import { FeedError } from "../fault.ts";
import type { SignIn } from "./sign_in.ts";
import type { CameraAddress } from "./target.ts";
import { SILENCE_MS, type WayDeps } from "./way.ts";
import { connectFault, redirected, refused, signInFault } from "./way_fault.ts";

/** An answer with something that may be pictures. */
export interface Pictures {
  /** `multipart`: one after the other; `jpeg`: one. */
  form: "multipart" | "jpeg";
  contentType: string;
  body: OutgoingStream["body"];
}

/** Asks a camera once, signed in as often as it takes. @throws FeedError */
export async function askForPictures(
  address: CameraAddress,
  signIn: SignIn,
  deps: WayDeps,
): Promise<Pictures> {
  const { pathname, search } = new URL(address.url);
  for (let answered = 0;; answered++) {
    const header = signIn.header("GET", pathname + search);
    const answer = await deps.outgoing.open(address.url, {
      headers: header === null ? {} : { Authorization: header },
      allow: deps.allowed ?? undefined,
      signal: deps.signal,
      lenient: true,
      timeoutMs: deps.silenceMs ?? SILENCE_MS,
    }).catch(async (error) => {
      throw await connectFault(error, address, deps);
    });
    const contentType = answer.headers["content-type"] ?? "";
    if (answer.status === 200) return await picturesOf(answer, contentType);
    await answer.body.cancel();
    if (answer.status >= 300 && answer.status < 400) {
      throw redirected(answer.status, answer.headers.location ?? null, address);
    }
    if (answer.status !== 401) throw refused(answer.status, `${answer.status}`);
    const challenges = answer.headers["www-authenticate"] ?? "";
    if (!signIn.asked(challenges, answered)) throw signInFault(address);
  }
}

async function picturesOf({ body }: OutgoingStream, contentType: string): Promise<Pictures> {
  const type = contentType.toLowerCase();
  if (type.startsWith("multipart/")) return { form: "multipart", contentType, body };
  if (/^image\/(jpe?g|pjpeg)/.test(type)) return { form: "jpeg", contentType, body };
  await body.cancel();
  throw new FeedError(
    "no_picture",
    /html/.test(type)
      ? "The camera answers with a page, not with pictures: its address for pictures is another one."
      : `The camera answers with ${
        type.slice(0, 60) || "nothing that has a type"
      }, not with JPEG ` +
        "pictures: its address for pictures is another one.",
  );
}
