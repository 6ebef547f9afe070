/** On the page that says that Perch cannot be reached: it looks again, and goes on when there is an answer. */
const EVERY_MS = 5_000;
/** From where this file is, so that it holds below any path. */
const LIVE = new URL("../../health/live", import.meta.url);

async function look() {
  try {
    const { ok } = await fetch(LIVE, { cache: "no-store" });
    if (ok) location.reload();
  } catch {
    // Still away.
  }
}

setInterval(look, EVERY_MS);
addEventListener("online", look);
