import { askForPictures, type Pictures } from "./http_ask.ts";
import { stillsOf } from "./http_still.ts";
import { createParts } from "./multipart.ts";
import { createPictureStream, type Heard, type PictureSource } from "./picture_stream.ts";
import { partOf } from "./pictures_out.ts";
import { createSignIn } from "./sign_in.ts";
import type { CameraAddress } from "./target.ts";
import type { StreamWay, WayDeps } from "./way.ts";

/** Of a camera that answers with one picture where a stream was expected. */
const STILL_EVERY_MS = 1000;

/** The pictures of an endless answer (MJPEG over HTTP). @throws FeedError */
export async function openHttpFeed(address: CameraAddress, deps: WayDeps): Promise<StreamWay> {
  const signIn = createSignIn(address.user === "" && address.password === "" ? null : address);
  const pictures = await askForPictures(address, signIn, deps);
  if (pictures.form === "multipart") {
    return createPictureStream(deps, (heard) => partsOf(pictures, heard));
  }
  await pictures.body.cancel();
  return stillsOf(address, signIn, deps, STILL_EVERY_MS);
}

function partsOf({ body, contentType }: Pictures, { heard, signal }: Heard): PictureSource {
  const reader = body.getReader();
  const split = createParts(contentType);
  return {
    async next() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || signal.aborted) return null;
        heard(value.length);
        const parts = split(value).map(partOf).filter((part) => part !== null);
        if (parts.length > 0) return parts;
      }
    },
    close: () => void reader.cancel().catch(() => {}),
  };
}
