/** The page of the API document: calls from the page. */
import { bringToLife } from "../island.ts";
import { TryOperation } from "../try_operation.tsx";

bringToLife({ TryOperation });

/** Whoever comes for one operation sees it. */
function openTarget(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
openTarget();
addEventListener("hashchange", openTarget);
