/*
 * Between the pages of an installed Perch and the network. It keeps one page, which says that Perch cannot be
 * reached, and what that page needs; nothing else is ever kept: pages, API and streams come from Perch alone, or
 * not at all. It shows what Perch pushes. `PERCH` stands before this text (`routes/site/installable.tsx`).
 */
const { version, offline, files } = globalThis.PERCH;
const CACHE = `perch-offline-${version}`;
const ROOT = globalThis.registration.scope;
/** What is no page of people, though a browser may go there: downloads, streams, pictures. */
const NO_PAGE = /^(api|static|photos|cameras\/[^/]+\/)/;
/** What a proxy answers where Perch does not. */
const AWAY = [502, 504];

const at = (path) => new URL(path, ROOT).href;
const KEPT = new Set(files.map(at));

addEventListener("install", (event) => {
  event.waitUntil(keepOfflinePage().then(() => globalThis.skipWaiting()));
});

async function keepOfflinePage() {
  const cache = await caches.open(CACHE);
  await cache.addAll([offline, ...files].map((path) => new Request(at(path), { cache: "reload" })));
}

addEventListener("activate", (event) => {
  event.waitUntil(begin());
});

async function begin() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("perch-offline-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await globalThis.registration.navigationPreload?.enable();
  await globalThis.clients.claim();
}

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (KEPT.has(request.url)) return event.respondWith(keptFirst(request));
  if (request.mode !== "navigate" || !request.url.startsWith(ROOT)) return;
  if (NO_PAGE.test(request.url.slice(ROOT.length))) return;
  event.respondWith(page(event));
});

/** Names of these files change with what is in them. */
async function keptFirst(request) {
  const cache = await caches.open(CACHE);
  return await cache.match(request) ?? await fetch(request);
}

async function page(event) {
  const kept = async () => await (await caches.open(CACHE)).match(at(offline));
  try {
    const answer = await event.preloadResponse ?? await fetch(event.request);
    return AWAY.includes(answer.status) ? await kept() ?? answer : answer;
  } catch (error) {
    const instead = await kept();
    if (instead === undefined) throw error;
    return instead;
  }
}

addEventListener("push", (event) => {
  event.waitUntil(show(event.data));
});

/** Browsers take the right away from whoever receives a push and shows nothing. */
async function show(data) {
  let said = {};
  try {
    said = data?.json() ?? {};
  } catch {
    // Said below: there is something to see.
  }
  const { title = "Perch has news", body = "", link = "", tag, urgent = false } = said;
  await globalThis.registration.showNotification(title, {
    body,
    tag,
    renotify: tag !== undefined,
    requireInteraction: urgent,
    icon: at("static/pwa/icon-192.png"),
    badge: at("static/pwa/icon-192.png"),
    data: { link },
  });
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.link ?? ""));
});

/** A window of Perch that is open goes there; else one opens. Links lead nowhere but here. */
async function open(link) {
  const wanted = at(link);
  const url = wanted.startsWith(ROOT) ? wanted : ROOT;
  const windows = await globalThis.clients.matchAll({ type: "window" });
  const there = windows.find((one) => one.url === url) ?? windows[0];
  if (there === undefined) return void await globalThis.clients.openWindow(url);
  const moved = there.url === url ? there : await there.navigate(url).catch(() => null);
  if (moved === null) await globalThis.clients.openWindow(url);
  else await moved.focus();
}

addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(subscribeAnew(event));
});

/** The browser gave up the old address: the new one is told to Perch, if this person is still signed in. */
async function subscribeAnew({ oldSubscription, newSubscription }) {
  const now = newSubscription ??
    await globalThis.registration.pushManager.subscribe(oldSubscription.options);
  await fetch(at("api/push/subscriptions"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(now.toJSON()),
  });
}
