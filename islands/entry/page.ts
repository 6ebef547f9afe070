/** On every page of the application. */
import { AlarmBadge } from "../alarm_badge.tsx";
import { connect } from "../live.ts";
import { ConnectionBanner, ConnectionDot } from "../connection_state.tsx";
import { keepOfflinePage } from "../installed.ts";
import { bringToLife, whenAlive } from "../island.ts";
import { listenToFilters } from "../filters.ts";
import { listenToKeys } from "../keyboard.ts";
import { PausedBanner } from "../paused_banner.tsx";
import { ThemeSwitch } from "../theme_switch.tsx";

bringToLife({ AlarmBadge, ConnectionDot, ConnectionBanner, PausedBanner, ThemeSwitch });
listenToKeys();
listenToFilters();
const { stream, since, worker } = document.body.dataset;
if (stream !== undefined) {
  whenAlive(() => connect(Object.fromEntries(new URLSearchParams(stream)), since, worker));
}
keepOfflinePage();
addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.dataset.pick === undefined) return;
  // Where it cannot be loaded, the list of the page completes.
  import("../picker.ts").then(({ pickIn }) => pickIn(target)).catch(() => {});
});
document.addEventListener("submit", (event) => {
  const { target: form, submitter, defaultPrevented } = event;
  if (defaultPrevented || !(form instanceof HTMLFormElement) || "asked" in form.dataset) return;
  if (form.enctype !== "multipart/form-data") return;
  event.preventDefault();
  import("../send_signed_in.ts").then(({ sendSignedIn }) => sendSignedIn(form, submitter))
    .catch(() => form.submit());
});
