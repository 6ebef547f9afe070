/** The service worker: the page that is shown while Perch cannot be reached, and notices that are pushed. */

/** Registers it once the page is drawn; over plain http browsers offer none, and nothing is missing but that. */
export function keepOfflinePage(): void {
  const manifest = document.querySelector<HTMLLinkElement>("link[rel=manifest]");
  const workers = navigator.serviceWorker;
  if (manifest === null || workers === undefined) return;
  const hadOne = workers.controller !== null;
  workers.addEventListener("controllerchange", () => {
    if (hadOne) offerReload();
  });
  const register = () => {
    workers.register(new URL("service-worker.js", manifest.href)).catch(() => {});
  };
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}

/** A page that was open while Perch was updated still runs what it was drawn with. */
function offerReload(): void {
  const notice = document.createElement("p");
  notice.className = "site-notice";
  notice.role = "status";
  const again = document.createElement("a");
  again.href = "";
  again.textContent = "Load this page again";
  notice.append("Perch was updated. ", again);
  document.getElementById("main")?.prepend(notice);
}
