import assert from "node:assert/strict";
import {
  ALL_PLACES,
  browserChannel,
  createStreamPlaces,
  type PlaceMessage,
  PLACES,
} from "./stream_places.ts";

const never = () => assert.fail("a place was lost");

/** A browser: what one page posts, all others hear, when it is delivered. */
function browser(send: (deliver: () => void) => void = queueMicrotask) {
  const pages: { id: string; hear: (message: PlaceMessage) => void }[] = [];
  let nowMs = 1;
  return {
    page(picture = false) {
      const id = `p${pages.length}`;
      return createStreamPlaces({
        channel: {
          post: (message) => {
            for (const page of pages) {
              if (page.id !== id) send(() => page.hear(message));
            }
          },
          listen: (hear) => pages.push({ id, hear }),
          close() {},
        },
        id,
        picture,
        now: () => nowMs++,
        sleep: () => new Promise((resolve) => setTimeout(resolve, 0)),
      });
    },
  };
}

Deno.test("stream places: so many pages have one, the next has none until one is given back", async () => {
  const { page } = browser();
  const pages = Array.from({ length: PLACES + 1 }, () => page());
  for (const one of pages.slice(0, PLACES)) assert.equal(await one.take(never), true);
  assert.equal(await pages[PLACES].take(never), false);
  assert.equal(await pages[0].take(never), true, "who has one keeps it");
  pages[1].give();
  assert.equal(await pages[PLACES].take(never), true);
  assert.equal(await pages[1].take(never), false);
});

Deno.test("stream places: of pages that ask at the same moment no more than there are places get one", async () => {
  for (let count = 1; count <= 12; count++) {
    const { page } = browser();
    const got = await Promise.all(Array.from({ length: count }, () => page().take(never)));
    assert.equal(got.filter((had) => had).length, Math.min(count, PLACES));
  }
});

Deno.test("stream places: whose neighbours answered too late gives way when it hears of them", async () => {
  const late: (() => void)[] = [];
  const slow = browser((deliver) => void late.push(deliver));
  const pages = Array.from({ length: PLACES + 2 }, () => slow.page());
  let lost = 0;
  for (const one of pages) assert.equal(await one.take(() => void lost++), true, "nobody answered");
  while (late.length > 0) late.shift()!();
  assert.equal(lost, 2);
  assert.equal(await pages[0].take(never), true, "who came first keeps it");
});

Deno.test("stream places: pictures take what pages leave, and the youngest gives way to a page", async () => {
  const { page } = browser();
  const lost: number[] = [];
  const first = page();
  assert.equal(await first.take(never), true);
  const pictures = Array.from({ length: ALL_PLACES }, () => page(true));
  const got = [];
  for (const [n, one] of pictures.entries()) got.push(await one.take(() => void lost.push(n)));
  assert.deepEqual(got, [true, true, true, true, false], "a connection is left to load with");
  const more = Array.from({ length: PLACES - 1 }, () => page());
  for (const one of more) assert.equal(await one.take(never), true, "a page comes first");
  assert.deepEqual(
    lost.toSorted(),
    [0, 1, 2, 3],
    "where pages take turns there are no live pictures",
  );
  assert.equal(await pictures[3].take(never), false);
  more[0].give();
  assert.equal(await pictures[3].take(never), true);
  assert.equal(await pictures[2].take(never), true);
  assert.equal(await pictures[1].take(never), false);
});

Deno.test("stream places: without a channel every page has one", async () => {
  const alone = createStreamPlaces({
    channel: null,
    id: "x",
    now: () => 0,
    sleep: () => Promise.resolve(),
  });
  assert.equal(await alone.take(never), true);
});

Deno.test("stream places: who left hears nothing any more, and may say what nobody hears", async () => {
  const [own, other] = [browserChannel()!, browserChannel()!];
  const places = createStreamPlaces({
    ...{ channel: own, id: "own", picture: true, now: () => 1 },
    sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
  });
  const heard: string[] = [];
  other.listen(({ says }) => void heard.push(says));
  assert.equal(await places.take(never), true);
  places.leave();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(heard, ["who", "who", "gone"]);
  assert.equal(await places.take(never), true);
  assert.equal(heard.length, 3);
  other.close();
});
