/** The pieces of a long answer, which are made as fast as it is read: memory stays that of one. */
export function streamed(
  pieces: AsyncGenerator<string> | Generator<string>,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else if (value !== "") controller.enqueue(utf8.encode(value));
      else return this.pull!(controller);
    },
    cancel: () => void pieces.return(undefined),
  });
}
