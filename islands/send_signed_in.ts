/**
 * Sends a form with a file only when it will be taken: where the sign-in has ended, or Perch does not answer, what was
 * typed and chosen stays in the page, which says so. Loaded with the first such form (`entry/page.ts`).
 */
import { at, fetchOwn, here } from "./own.ts";

export async function sendSignedIn(
  form: HTMLFormElement,
  submitter: HTMLElement | null,
): Promise<void> {
  form.querySelector(".unsent")?.remove();
  const status = await fetchOwn("/api/users/me").then(({ status }) => status, () => 0);
  if (status !== 0 && status !== 401) {
    form.dataset.asked = "";
    form.requestSubmit(submitter);
    delete form.dataset.asked;
    return;
  }
  const said = document.createElement("p");
  said.className = "banner warning unsent";
  said.role = "alert";
  if (status === 0) {
    said.append("Perch does not answer. Nothing was sent; try again when the connection is back.");
  } else {
    const link = document.createElement("a");
    link.href = at(`/sign-in?${new URLSearchParams({ next: here() })}`);
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "Sign in in another tab";
    said.append("Your sign-in has ended. Nothing was sent, and all of it is still here. ", link);
    said.append(", then send it again.");
  }
  form.append(said);
}
