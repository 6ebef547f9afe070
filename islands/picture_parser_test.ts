import assert from "node:assert/strict";
import { boundaryOf, createPictureParser } from "./picture_parser.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (picture: Uint8Array | null) => picture && new TextDecoder().decode(picture);
const NEXT = "\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n";

Deno.test("picture parser: a picture is whole as soon as the next boundary is there, however it is cut", () => {
  const stream = `${NEXT.slice(2)}one${NEXT}two\r\n--\r\n${NEXT}three${NEXT}fo`;
  for (let size = 1; size <= stream.length; size++) {
    const parse = createPictureParser("frame");
    const got = [];
    for (let at = 0; at < stream.length; at += size) {
      got.push(text(parse(bytes(stream.slice(at, at + size)))));
    }
    const pictures = got.filter((one) => one !== null);
    assert.equal(pictures.at(-1), "three", `in pieces of ${size}`);
    if (size === 1) assert.deepEqual(pictures, ["one", "two\r\n--\r\n", "three"]);
  }
});

Deno.test("picture parser: a part without an end or without a picture is none", () => {
  const parse = createPictureParser("frame");
  assert.equal(parse(bytes(NEXT)), null);
  assert.equal(parse(bytes(NEXT)), null);
  assert.equal(parse(bytes("half")), null);
});

Deno.test("picture parser: the boundary is that of the content type", () => {
  assert.equal(boundaryOf("multipart/x-mixed-replace; boundary=frame"), "frame");
  assert.equal(boundaryOf('multipart/x-mixed-replace;boundary="--cut"'), "cut");
  assert.equal(boundaryOf("image/jpeg"), null);
});
